//! Parse, run, map to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(keysweep::Exit::Clean.code())
}
