//! The asynchronous runtime that commands run on.

use std::future::Future;

/// Runs a future to its end on a runtime of its own.
///
/// # Panics
/// Panics when the operating system refuses the event queue that a runtime needs.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the operating system gives an event queue")
        .block_on(future)
}
