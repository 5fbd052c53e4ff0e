//! `keysweep history`.

use super::{Target, session_at};
use crate::cli::History;
use crate::error::{Exit, Result};
use crate::source::history::{Options, Repository, audit};

pub(super) fn run(args: History) -> Result<Exit> {
    let repository = Repository::discover(&args.repository)?;
    let options = |threads| Options {
        threads,
        allow_incomplete: args.allow_incomplete,
        max_refs: if args.max_refs == 0 { usize::MAX } else { args.max_refs },
    };
    session_at(&args.shared, &Target::here(), |loaded, collector| {
        let options = options(loaded.threads(&args.shared));
        audit(&repository, options, &|bytes| loaded.scanner.scan(bytes), collector);
        Ok(())
    })
}
