//! Policy documents, parsed once.

use std::marker::PhantomData;

/// Policy documents of a snapshot, parsed when they are first asked for.
#[derive(Debug, Default)]
pub struct Policies<'a> {
    snapshot: PhantomData<&'a str>,
}
