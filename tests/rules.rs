//! Every rule through the real pipeline.
