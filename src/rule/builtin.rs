//! The built-in rules, as `build.rs` made them from `rules/*.toml`.

use std::borrow::Cow;

use super::{Identifier, Left, Rule, Structure};
use crate::core::finding::{Confidence, Severity};

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
