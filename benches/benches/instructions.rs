//! What must not regress, in instructions under valgrind: `bash .ci/instructions` compares with the recorded baseline.

use gungraun::{library_benchmark, library_benchmark_group, main};
use plainwire::engine::Status;
use std::hint::black_box;

#[library_benchmark]
fn status() -> bool {
    black_box(Status::Idle).reads()
}

library_benchmark_group!(name = contract, benchmarks = [status]);

main!(library_benchmark_groups = [contract]);
