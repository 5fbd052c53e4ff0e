//! Run, and exit with the code that comes of it. When the system gives no more memory, that is one line and exit code 2,
//! where the runtime would abort.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(keysweep::cli::main().code())
}

/// The system's allocator, which ends the program when it has nothing left to give.
struct OrExit;

#[global_allocator]
static ALLOCATOR: OrExit = OrExit;

#[allow(unsafe_code, reason = "an allocator is unsafe by its nature; each call goes to the system's as it came")]
// SAFETY: every method hands its arguments on to `System`, whose contract is the same, and returns what that returns.
unsafe impl GlobalAlloc for OrExit {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        some(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        some(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        some(unsafe { System.realloc(memory, layout, size) })
    }
}

fn some(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        exhausted();
    }
    memory
}

#[cold]
#[allow(clippy::exit, reason = "there is no memory to return an error with")]
fn exhausted() -> ! {
    // A constant: it holds no key, and takes no memory.
    let _ = std::io::stderr()
        .write_all(b"keysweep: cannot go on: the system gives no more memory; raise the limit, or scan less at once\n");
    std::process::exit(2)
}

/// What progress bars need of the mathematical library. To load that takes a tenth of the time of a commit's hook, and it is
/// used for nothing else.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "a function that other crates find by its name")]
// SAFETY: this is C's `pow`, by name, arguments and result.
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}
