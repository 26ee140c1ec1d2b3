//! irsa-doctor
fn main() {}
