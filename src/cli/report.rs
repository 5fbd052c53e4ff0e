//! `keysweep report`.

use super::output::{self, Keys};
use crate::cli::args::Reports;
use crate::core::error::{Error, Exit, Result};
use crate::report::merge::Merge;

pub(super) fn run(args: Reports) -> Result<Exit> {
    let Reports::Merge { files, output, exit_zero, show_secrets } = args;
    let keys = if show_secrets { Keys::Shown } else { Keys::Masked };
    let mut merge = Merge::new(show_secrets);
    for file in &files {
        let name = file.display().to_string();
        let text = std::fs::read(file).map_err(|why| Error::new("read report", &name, why))?;
        merge.add(&name, &text)?;
    }
    let (lines, exit) = merge.finish(exit_zero)?;
    output::write(output.as_deref(), keys, |out| out.write_all(&lines))?;
    Ok(exit)
}
