//! The threads of a run: one pool with `--threads` threads, which all commands share.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::core::error::{Error, Result};

/// Runs `work` in a pool of this many threads (0: one for each processor). Parallel iterators inside use that pool.
/// Work that already runs in a pool stays there.
///
/// If the system cannot start threads, the calling thread does all the work.
pub fn run<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R> {
    if rayon::current_thread_index().is_some() {
        return Ok(work());
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().or_else(|_| calling_thread());
    let pool = pool.map_err(|error| Error::new("start", "threads", error).hint("try --threads 1"))?;
    Ok(pool.install(work))
}

/// A pool that consists of the calling thread alone, so that no thread is started. It stays in that pool until it
/// ends.
fn calling_thread() -> std::result::Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(1).use_current_thread().build()
}

/// How many threads the current pool has.
pub fn count() -> usize {
    rayon::current_num_threads()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_in_one_pool_of_the_size_asked_for() {
        let sizes = run(3, || (count(), run(8, count).unwrap())).unwrap();
        assert_eq!(sizes, (3, 3));
    }

    #[test]
    fn the_calling_thread_alone_does_parallel_work() {
        let thread = std::thread::spawn(|| {
            let here = std::thread::current().id();
            let pool = calling_thread().unwrap();
            let halves = || rayon::join(|| std::thread::current().id() == here, || std::thread::current().id() == here);
            (pool.install(halves), run(8, count).unwrap())
        });
        assert_eq!(thread.join().unwrap(), ((true, true), 1));
    }
}
