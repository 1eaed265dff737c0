//! What must not regress, in instructions under valgrind: `bash .ci/instructions` compares with the recorded baseline.

use gungraun::{library_benchmark, library_benchmark_group, main};
use plainwire::engine::Status;
use plainwire::url::Url;
use std::hint::black_box;

#[library_benchmark]
fn status() -> bool {
    black_box(Status::Idle).reads()
}

#[library_benchmark]
#[bench::short("https://www.example.org/path/page.html?query=1")]
#[bench::general("https://user@www.Example.org:8443/a/../caf\u{e9}?query='1'#top")]
fn parse_url(input: &str) -> Option<Url> {
    Url::parse(black_box(input)).ok()
}

#[library_benchmark]
#[bench::short("https://www.example.org/path/page.html?query=1")]
#[bench::general("https://user@www.Example.org:8443/a/../caf\u{e9}?query='1'#top")]
fn can_parse_url(input: &str) -> bool {
    Url::can_parse(black_box(input))
}

library_benchmark_group!(name = contract, benchmarks = [status]);

library_benchmark_group!(name = url, benchmarks = [parse_url, can_parse_url]);

main!(library_benchmark_groups = [contract, url]);
