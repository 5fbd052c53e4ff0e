//! Decompressing Zstandard so that everything before damaged data is returned, then an error.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::BlockDecodingStrategy::UptoBlocks;
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::MOST_WINDOW;
use super::aside::AsideFields;
use super::inflate::corrupt;

/// A Zstandard file, whose frames are concatenated.
pub(super) struct Zstd<'a, R> {
    inner: R,
    /// The frames that decoders skip.
    aside: &'a AsideFields,
    decoder: Option<Box<FrameDecoder>>,
    /// The error in the current frame, returned after its data.
    damage: Option<io::Error>,
}

impl<'a, R: BufRead> Zstd<'a, R> {
    pub(super) fn new(inner: R, aside: &'a AsideFields) -> Self {
        Self { inner, aside, decoder: None, damage: None }
    }

    /// Starts the next frame; `None` at the end.
    fn begin(&mut self) -> io::Result<Option<Box<FrameDecoder>>> {
        loop {
            if self.inner.fill_buf()?.is_empty() {
                return Ok(None);
            }
            let mut decoder = Box::new(FrameDecoder::new());
            decoder.set_max_window_size(MOST_WINDOW.into());
            match decoder.init(&mut self.inner) {
                Ok(()) => return Ok(Some(decoder)),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    self.aside.read(&mut self.inner, length.into())?;
                }
                Err(error @ FrameDecoderError::WindowSizeTooBig { .. }) => {
                    return Err(io::Error::new(io::ErrorKind::Unsupported, error));
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    /// Returns the error of a frame whose data was all returned.
    fn end(&mut self, decoder: &FrameDecoder) -> io::Result<()> {
        match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum(), self.damage.take()) {
            (_, _, Some(damage)) => Err(damage),
            (Some(written), Some(calculated), _) if written != calculated => Err(corrupt("a zstd checksum is wrong")),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Zstd<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(mut decoder) = self.decoder.take() else {
                self.decoder = self.begin()?;
                if self.decoder.is_none() {
                    return Ok(0);
                }
                continue;
            };
            if decoder.can_collect() > 0 {
                let count = decoder.read(buffer);
                self.decoder = Some(decoder);
                return count;
            }
            if decoder.is_finished() {
                self.end(&decoder)?;
                continue;
            }
            if let Err(error) = decoder.decode_blocks(&mut self.inner, UptoBlocks(1)) {
                if self.damage.is_some() {
                    return Err(io::Error::other(error));
                }
                // The decoder holds back data that later blocks may refer to. An empty last block (and a checksum, if
                // the frame has one) makes it return that data.
                self.damage = Some(io::Error::other(error));
                let last = [1, 0, 0, 0, 0, 0, 0];
                decoder.decode_blocks(&mut &last[..], UptoBlocks(1)).map_err(io::Error::other)?;
            }
            self.decoder = Some(decoder);
        }
    }
}
