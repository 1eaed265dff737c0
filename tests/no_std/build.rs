//! Links against the C library alone: no crate named std takes part.

fn main() {
    println!("cargo::rustc-link-arg-bins=-lc");
}
