//! irsa-doctor

mod collect;

fn main() {}
