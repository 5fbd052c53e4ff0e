//! Runs one target of `keysweep::fuzzing` under libFuzzer: the one that `TARGET` names.
#![no_main]

use std::sync::OnceLock;

use keysweep::fuzzing::{Target, target};

static CHOSEN: OnceLock<&Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var("TARGET").unwrap_or_default();
        let found = target(&name).unwrap_or_else(|| panic!("TARGET names none of the targets"));
        CHOSEN.set(found).expect("set once");
    },
    |data: &[u8]| (CHOSEN.wait().run)(data)
);
