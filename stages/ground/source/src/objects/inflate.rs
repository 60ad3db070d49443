//! One inflater a thread: making one costs more than inflating most objects.

use std::cell::RefCell;

use gix_zlib::Inflate;

thread_local! {
    static INFLATER: RefCell<Inflate> = RefCell::new(Inflate::default());
}

/// Lends this thread's inflater, ready for a new stream. `work` must not ask for it again.
pub(crate) fn with_inflater<T>(work: impl FnOnce(&mut Inflate) -> T) -> T {
    INFLATER.with(|inflater| match inflater.try_borrow_mut() {
        Ok(mut inflater) => {
            inflater.reset();
            work(&mut inflater)
        }
        Err(_) => work(&mut Inflate::default()),
    })
}
