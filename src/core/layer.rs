//! The encodings, compressions and containers in which keysweep finds text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::lowercase_names;

/// An encoding, compression or container in which the text of a finding was; findings list them outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A gzip stream.
    Gzip,
    /// A bzip2 stream.
    Bzip2,
    /// An xz stream.
    Xz,
    /// A Zstandard stream.
    Zstd,
    /// A zlib stream.
    Zlib,
    /// A member of a zip archive.
    Zip,
    /// A member of a tar archive.
    Tar,
    /// A stream of a PDF document.
    Pdf,
    /// A text chunk of a PNG picture.
    Png,
    /// UTF-16, little endian.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// UTF-32, little endian.
    #[serde(rename = "utf-32le")]
    Utf32Le,
    /// UTF-32, big endian.
    #[serde(rename = "utf-32be")]
    Utf32Be,
    /// Base32.
    Base32,
    /// Base64, standard or URL-safe alphabet.
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// Percent-encoding, as in URLs: `%41`.
    Percent,
    /// Escapes of string literals: `\u0041`, `\x41` or `\/`.
    Unicode,
    /// HTML character references: `&#65;` or `&quot;`.
    Html,
    /// Bytes written as a list of decimal or octal numbers.
    Bytes,
    /// Text that was put together from parts: adjacent string literals, wrapped lines.
    Joined,
}

lowercase_names!(Layer {
    Gzip => "gzip", Bzip2 => "bzip2", Xz => "xz", Zstd => "zstd", Zlib => "zlib",
    Zip => "zip", Tar => "tar", Pdf => "pdf", Png => "png", Utf16Le => "utf-16le", Utf16Be => "utf-16be",
    Utf32Le => "utf-32le", Utf32Be => "utf-32be", Base32 => "base32",
    Base64 => "base64", Hex => "hex", Percent => "percent", Unicode => "unicode", Html => "html",
    Bytes => "bytes", Joined => "joined",
});

impl Layer {
    /// Whether this is a compression or a container, not a text encoding.
    pub const fn is_packed(self) -> bool {
        matches!(
            self,
            Self::Gzip
                | Self::Bzip2
                | Self::Xz
                | Self::Zstd
                | Self::Zlib
                | Self::Zip
                | Self::Tar
                | Self::Pdf
                | Self::Png
        )
    }
}
