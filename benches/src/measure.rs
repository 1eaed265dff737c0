//! Two implementations of the same thing, timed in one run: A B A B, thread CPU time, medians, allocations counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

/// Counts what each thread allocates.
pub struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // An allocation during a thread's teardown finds no counter left, and nobody to read it.
    let _gone = ALLOCATIONS.try_with(|cell| cell.set(cell.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; only a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How many rounds a pair is timed for; each round is `SLICE` long for either side.
const ROUNDS: usize = 11;
/// Nanoseconds of thread CPU time for one side in one round.
const SLICE: u64 = 20_000_000;

/// One case against one peer.
pub struct Row {
    pub area: &'static str,
    pub case: String,
    pub peer: String,
    pub ours_ns: f64,
    pub peer_ns: f64,
    pub allocations: f64,
    pub ours_instructions: Option<u64>,
    pub peer_instructions: Option<u64>,
}

/// Collects and prints the rows of one area.
pub struct Bench {
    area: &'static str,
    json: bool,
    only: Option<String>,
    pub rows: Vec<Row>,
}

impl Bench {
    pub fn new(area: &'static str, json: bool, only: Option<String>) -> Self {
        Self { area, json, only, rows: Vec::new() }
    }

    /// Times `ours` against `theirs`: each call does `units` operations, and figures are per operation.
    pub fn pair<A, B>(
        &mut self,
        case: &str,
        peer: &str,
        units: u64,
        mut ours: impl FnMut() -> A,
        mut theirs: impl FnMut() -> B,
    ) {
        if self.only.as_ref().is_some_and(|only| !case.contains(only.as_str()) && !peer.contains(only.as_str())) {
            return;
        }
        let ours_calls = calibrate(&mut ours);
        let peer_calls = calibrate(&mut theirs);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            a.push(time(&mut ours, ours_calls) / units as f64);
            b.push(time(&mut theirs, peer_calls) / units as f64);
        }
        let before = ALLOCATIONS.with(Cell::get);
        black_box(ours());
        let allocations = (ALLOCATIONS.with(Cell::get) - before) as f64 / units as f64;
        self.row(case, peer, median(&mut a), median(&mut b), allocations);
    }

    /// Whether `--only` leaves this case in.
    pub fn wants(&self, case: &str, peer: &str) -> bool {
        self.only.as_ref().is_none_or(|only| case.contains(only.as_str()) || peer.contains(only.as_str()))
    }

    /// Records figures that were measured otherwise (throughput over sockets, say).
    pub fn row(&mut self, case: &str, peer: &str, ours_ns: f64, peer_ns: f64, allocations: f64) {
        let row = Row {
            area: self.area,
            case: case.into(),
            peer: peer.into(),
            ours_ns,
            peer_ns,
            allocations,
            ours_instructions: None,
            peer_instructions: None,
        };
        row.print(self.json);
        self.rows.push(row);
    }
}

impl Row {
    fn print(&self, json: bool) {
        let ratio = self.peer_ns / self.ours_ns;
        if json {
            let mut object = serde_json::json!({
                "area": self.area, "case": self.case, "peer": self.peer,
                "ours_ns": round(self.ours_ns), "peer_ns": round(self.peer_ns), "ratio": round(ratio),
                "allocations": round(self.allocations),
            });
            for (key, value) in
                [("ours_instructions", self.ours_instructions), ("peer_instructions", self.peer_instructions)]
            {
                if let Some(value) = value {
                    object[key] = value.into();
                }
            }
            println!("{object}");
        } else {
            println!(
                "{:<8} {:<34} {:>13.1} ns  {:<22} {:>13.1} ns  x{:<6.2} {:>7.2} allocs",
                self.area, self.case, self.ours_ns, self.peer, self.peer_ns, ratio, self.allocations
            );
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn calibrate<T>(run: &mut impl FnMut() -> T) -> u64 {
    let mut calls = 1;
    loop {
        let spent = time(run, calls) * calls as f64;
        if spent >= SLICE as f64 / 4.0 {
            return ((calls as f64) * SLICE as f64 / spent).ceil().max(1.0) as u64;
        }
        calls *= 4;
    }
}

/// Nanoseconds of thread CPU time per call.
fn time<T>(run: &mut impl FnMut() -> T, calls: u64) -> f64 {
    let start = thread_time();
    for _ in 0..calls {
        black_box(run());
    }
    (thread_time() - start).max(1) as f64 / calls as f64
}

/// This thread's CPU time in nanoseconds.
pub fn thread_time() -> u64 {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec of this frame.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut spec) };
    spec.tv_sec as u64 * 1_000_000_000 + spec.tv_nsec as u64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
