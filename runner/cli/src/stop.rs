//! Stopping: the first Ctrl-C or SIGTERM ends the run cleanly, the second ends the process at once.

use report::Exit;
use tokio_util::sync::CancellationToken;

/// Sets `cancel` at the first signal; leaves the process at the second.
pub(crate) fn listen(cancel: CancellationToken) {
    tokio::spawn(async move {
        signal().await;
        cancel.cancel();
        anstream::eprintln!("stopping; once more to stop at once");
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

/// Keeps the message of a stage's panic off the terminal: it is reported as a bug, with the stage's name. The place is
/// logged for -v.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| tracing::info!("{panic}")));
}
