//! Taking keys out of files: the environment lookup of each language, and what replaces a literal by it.

pub mod lookup;
