//! Stopping: the first Ctrl-C or SIGTERM ends the run cleanly, the second ends the process at once. A panic is a bug that is
//! told, and ends the process with the code for one.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use report::Exit;
use tokio_util::sync::CancellationToken;

use crate::fault::Fault;
use crate::terminal::Terminal;

/// Sets `cancel` at the first signal; leaves the process at the second.
pub(crate) fn listen(cancel: CancellationToken, terminal: Terminal) {
    tokio::spawn(async move {
        signal().await;
        cancel.cancel();
        terminal.say("stopping; once more to stop at once");
        signal().await;
        std::process::exit(i32::from(Exit::Interrupted.code()));
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Where the last panic was, as its hook saw it.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the message of a panic off the terminal: it is reported as a bug, a stage's with the stage's name. The place is
/// logged for -v.
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        tracing::info!("{panic}");
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.to_string());
    }));
}

/// Runs `work`; a panic in it is a bug of ours, told as one.
pub(crate) fn guard(work: impl FnOnce() -> Result<Exit, Fault>) -> Result<Exit, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Fault::bug(told(panic.as_ref()))))
}

fn told(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().copied();
    let text = literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    // The last panic may be another thread's.
    last.filter(|last| last.contains(text)).unwrap_or_else(|| format!("panicked: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_has_its_own_code() {
        catch_panics();
        let fault = guard(|| panic!("number {}", 7)).unwrap_err();
        let _ = std::panic::take_hook();
        assert_eq!(fault.exit().code(), 70);
        let text = fault.to_string();
        assert!(text.contains("number 7") && text.contains("stop.rs"), "{text}");
        assert_eq!(guard(|| Ok(Exit::Fail)).unwrap(), Exit::Fail);
    }
}
