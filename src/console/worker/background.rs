//! Where gates run: on threads of their own, which come after those that are waited for.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Threads for gates, from the first run on. Much of what gates do they do in this process,
/// on as many threads as there are gates: beside ten that read 100,000 lines each, a key
/// waits for its turn longer than a frame takes.
#[derive(Default)]
pub(super) struct Background(Option<Runtime>);

impl Background {
    /// Starts it there.
    pub(super) fn spawn(
        &mut self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        if self.0.is_none() {
            let mut threads = Builder::new_multi_thread();
            threads.worker_threads(2).thread_name("gates").enable_all();
            step_back(&mut threads);
            self.0 = threads.build().ok();
        }
        match &self.0 {
            Some(threads) => threads.spawn(work),
            // The system has no threads to spare: better late than not at all.
            None => tokio::spawn(work),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

/// Has threads come after the one that calls this; the tools that they start step back once
/// more, by themselves.
fn step_back(threads: &mut Builder) {
    // A thread has a niceness of its own on Linux alone (nice(2), "C library/kernel
    // differences"): elsewhere the thread that draws would step back as well.
    #[cfg(target_os = "linux")]
    if let Ok(ours) = rustix::process::getpriority_process(None) {
        // Not so much less than the thread that starts them: they start each other.
        threads.on_thread_start(move || {
            let _ = rustix::process::setpriority_process(None, ours + 5);
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = threads;
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Of this thread.
    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[test]
    fn what_is_waited_for_comes_before_gates() {
        let before = niceness();
        let draws = Builder::new_current_thread().build().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        draws.block_on(async {
            let mut background = Background::default();
            let work = async move {
                let blocking = tokio::task::spawn_blocking(niceness).await;
                tell.send((niceness(), blocking.unwrap())).unwrap();
            };
            background.spawn(work).await.unwrap();
        });
        assert_eq!(told.recv().unwrap(), (before + 5, before + 5));
        assert_eq!(niceness(), before, "the thread that draws");
    }
}
