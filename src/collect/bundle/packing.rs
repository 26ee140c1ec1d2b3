//! Packed bundles: by a file's name when one is written, by its first bytes when one is read.

use super::BundleError;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// The level that the `zstd` command takes by itself.
const ZSTD_LEVEL: i32 = 3;

/// How a bundle is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// It isn't: plain JSON.
    Plain,
    /// gzip, of one member or several.
    /// <https://www.rfc-editor.org/rfc/rfc1952>
    Gzip,
    /// Zstandard, of one frame or several.
    /// <https://www.rfc-editor.org/rfc/rfc8878>
    Zstd,
}

impl Packing {
    /// How a file of this name is to be packed: `.gz`, `.zst` and `.zstd`, in any case; any other name is plain.
    pub(super) fn of_name(path: &Path) -> Self {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("gz") => Self::Gzip,
            Some("zst" | "zstd") => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// How something that begins so is packed. None of these beginnings is one of JSON.
    fn of_content(beginning: &[u8]) -> Self {
        match beginning {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// The word for people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Writes through the packer; what is written is never held as a whole.
    ///
    /// # Errors
    ///
    /// The content's or the writer's own.
    pub(super) fn write(self, out: &mut dyn Write, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Plain => content(out),
            Self::Gzip => {
                // The serializer writes a few bytes at a time, a packer likes blocks.
                let mut packer = io::BufWriter::with_capacity(1 << 16, GzEncoder::new(out, Compression::default()));
                content(&mut packer)?;
                packer.into_inner()?.finish().map(drop)
            }
            Self::Zstd => {
                let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                let mut packer = io::BufWriter::with_capacity(1 << 16, encoder);
                content(&mut packer)?;
                packer.into_inner()?.finish().map(drop)
            }
        }
    }
}

/// What was read of a bundle's file.
#[derive(Debug)]
pub(crate) struct Unpacked {
    /// The text, unpacked.
    pub(crate) bytes: Vec<u8>,
    /// How it was packed.
    pub(crate) packing: Packing,
    /// How many bytes the file has.
    pub(crate) size: u64,
}

/// Counts what is read of a file.
struct Counted<R> {
    file: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.count = self.count.saturating_add(read as u64);
        Ok(read)
    }
}

/// Reads all of a bundle, unpacked: at most `largest` bytes, whatever it is packed as.
///
/// # Errors
///
/// It can't be read, is damaged or cut short, or unpacks to more.
pub(super) fn read_all(name: &str, input: impl Read, largest: u64) -> Result<Unpacked, BundleError> {
    let mut counted = Counted { file: input, count: 0 };
    let name = || name.to_owned();
    let mut input = BufReader::with_capacity(1 << 16, &mut counted);
    let beginning = beginning(&mut input).map_err(|source| BundleError::Unreadable { name: name(), source })?;
    let packing = Packing::of_content(&beginning);
    let input = io::Cursor::new(beginning).chain(input);
    let mut bytes = Vec::new();
    let read = match packing {
        Packing::Plain => input.take(largest + 1).read_to_end(&mut bytes),
        Packing::Gzip => MultiGzDecoder::new(input).take(largest + 1).read_to_end(&mut bytes),
        Packing::Zstd => zstd::Decoder::with_buffer(input).and_then(|decoder| decoder.take(largest + 1).read_to_end(&mut bytes)),
    };
    // More than is read of anything: whether the rest is whole doesn't matter.
    if bytes.len() as u64 > largest {
        return Err(BundleError::TooLarge { name: name() });
    }
    match read {
        Ok(_) => Ok(Unpacked { bytes, packing, size: counted.count }),
        Err(source) if packing == Packing::Plain => Err(BundleError::Unreadable { name: name(), source }),
        Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => Err(BundleError::PackedCutShort { name: name() }),
        Err(source) => Err(BundleError::Damaged { name: name(), source }),
    }
}

/// The first bytes, as many as tell how it is packed; fewer only at the end.
fn beginning(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(4);
    input.by_ref().take(4).read_to_end(&mut beginning)?;
    Ok(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(packing: Packing, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        packing.write(&mut out, |out| out.write_all(text)).unwrap();
        out
    }

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, BundleError> {
        read_all("b", bytes, 1 << 20).map(|unpacked| unpacked.bytes)
    }

    #[test]
    fn the_name_says_how_it_is_written_and_the_content_how_it_is_read() {
        for (name, packing) in [
            ("b.json", Packing::Plain),
            ("gz", Packing::Plain),
            ("-", Packing::Plain),
            ("b.json.gz", Packing::Gzip),
            ("b.GZ", Packing::Gzip),
            ("b.json.zst", Packing::Zstd),
            ("b.zstd", Packing::Zstd),
        ] {
            assert_eq!(Packing::of_name(Path::new(name)), packing, "{name}");
            let bytes = packed(packing, b"{\"a\": 1}");
            assert_eq!(Packing::of_content(&bytes), packing, "{name}");
            assert_eq!(unpacked(&bytes).unwrap(), b"{\"a\": 1}", "{name}");
        }
        for short in [b"".as_slice(), b"{", b"12", b"123"] {
            assert_eq!(unpacked(short).unwrap(), short);
        }
    }

    #[test]
    fn several_members_are_one_text() {
        for packing in [Packing::Gzip, Packing::Zstd] {
            let both = [packed(packing, b"{\"a\":"), packed(packing, b"1}")].concat();
            assert_eq!(unpacked(&both).unwrap(), b"{\"a\":1}", "{packing:?}");
        }
    }

    #[test]
    fn what_is_cut_or_damaged_is_refused_wherever_it_is() {
        let text: Vec<u8> = (0..4000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for packing in [Packing::Gzip, Packing::Zstd] {
            let whole = packed(packing, &text);
            for end in [4, 5, 9, whole.len() / 2, whole.len() - 1] {
                let error = unpacked(&whole[..end]).unwrap_err();
                assert!(matches!(error, BundleError::PackedCutShort { .. }), "{packing:?} cut at {end}: {error}");
            }
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 0x55;
            let error = unpacked(&flipped).unwrap_err();
            assert!(matches!(error, BundleError::Damaged { .. } | BundleError::PackedCutShort { .. }), "{packing:?}: {error}");
            let error = unpacked(&[&whole, b"garbage".as_slice()].concat()).unwrap_err();
            assert!(matches!(error, BundleError::Damaged { .. } | BundleError::PackedCutShort { .. }), "{packing:?}: {error}");
        }
    }

    #[test]
    fn a_bomb_is_read_up_to_the_limit_only() {
        for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
            let bomb = packed(packing, &vec![b' '; 3 << 20]);
            assert!(packing == Packing::Plain || bomb.len() < 1 << 14, "{} bytes", bomb.len());
            assert!(matches!(unpacked(&bomb), Err(BundleError::TooLarge { .. })), "{packing:?}");
        }
    }
}
