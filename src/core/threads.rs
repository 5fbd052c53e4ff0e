//! The threads of a run: one pool, as large as `--threads` says, which walks, commits, pushes and audits share.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::core::error::{Error, Result};

/// Runs `work` in a pool of so many threads, or with 0 of one for each processor: whatever it does in parallel is done
/// there. Work that is in a pool already stays in that one.
///
/// Where the system has no threads to give, the calling thread does all of it.
pub fn run<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R> {
    if rayon::current_thread_index().is_some() {
        return Ok(work());
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().or_else(|_| calling_thread());
    let pool = pool.map_err(|error| Error::new("start", "threads", error).hint("try --threads 1"))?;
    Ok(pool.install(work))
}

/// A pool of the calling thread alone, for which nothing has to be started. The thread belongs to it from then on.
fn calling_thread() -> std::result::Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(1).use_current_thread().build()
}

/// How many threads the pool has that this work runs in.
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
