//! Keys inside compressed files and archives, inside each other too, and what cannot be opened.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use keysweep::rule::template::{Random, Template};
use keysweep::source::archive::{self, Container, Limits, Packed, Visitor, unpack, unpack_stream};
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::project::{Project, Scan, key};

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// One tar header with what follows it, padded. The size that it names may be a lie.
fn tar_entry(kind: u8, name: &str, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(size);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes().as_slice(), content, &padding].concat()
}

/// An archive of before `ustar`: nothing but the checksum tells it.
fn tar_v7(name: &str, content: &[u8]) -> Vec<u8> {
    let mut entry = tar_entry(0, name, content.len() as u64, content);
    entry[148..156].fill(b' ');
    entry[257..512].fill(0);
    let sum: u32 = entry[..512].iter().map(|&byte| u32::from(byte)).sum();
    entry[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    entry
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A zip without compression whose writer could not go back, so that lengths and checksums stand behind the content.
fn streamed_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let (offset, length) = (zip.len() as u32, content.len() as u32);
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let start = |zip: &mut Vec<u8>, crc: u32, length: u32| {
            zip.extend([8, 0, 0, 0, 0, 0, 0, 0]);
            zip.extend([crc, length, length].map(u32::to_le_bytes).concat());
            zip.extend((name.len() as u16).to_le_bytes());
        };
        zip.extend(b"PK\x03\x04\x14\0");
        start(&mut zip, 0, 0);
        zip.extend([0, 0]);
        zip.extend(name.bytes().chain(content.iter().copied()));
        zip.extend(b"PK\x07\x08");
        zip.extend([crc.sum(), length, length].map(u32::to_le_bytes).concat());
        directory.extend(b"PK\x01\x02\x14\0\x14\0");
        start(&mut directory, crc.sum(), length);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (count, length, offset) = (files.len() as u16, directory.len() as u32, zip.len() as u32);
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend([count, count].map(u16::to_le_bytes).concat());
    zip.extend([length, offset].map(u32::to_le_bytes).concat());
    zip.extend([0, 0]);
    zip
}

fn png(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in chunks {
        png.extend((content.len() as u32).to_be_bytes());
        png.extend(kind.iter().chain(content).chain(&[0; 4]));
    }
    png
}

fn pdf(text: &[u8], trailer: &str) -> Vec<u8> {
    let packed = zlib(text);
    let head = format!("%PDF-1.7\n1 0 obj\n<</Length {}/Filter/FlateDecode>>\nstream\r\n", packed.len());
    [head.as_bytes(), &packed, b"\nendstream\nendobj\ntrailer\n", trailer.as_bytes(), b"\n%%EOF\n"].concat()
}

/// The same with the compressed data in ASCII85, as report generators write it.
fn pdf_in_ascii85(text: &[u8]) -> Vec<u8> {
    let mut encoded = String::new();
    for chunk in zlib(text).chunks(4) {
        let mut bytes = [0; 4];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(bytes);
        let digits = (0..5).map(|at| char::from(b'!' + (group / 85_u32.pow(4 - at) % 85) as u8));
        encoded.extend(digits.take(chunk.len() + 1));
        if encoded.len() % 75 < 5 {
            encoded.push('\n');
        }
    }
    let head = "%PDF-1.4\n1 0 obj\n<</Filter [/ASCII85Decode /FlateDecode]>>\nstream\n";
    [head, &encoded, "~>endstream\nendobj\n%%EOF\n"].concat().into_bytes()
}

/// The one finding of a project: its member, layers and line.
fn only(scan: &Scan, case: &str) -> (serde_json::Value, serde_json::Value, serde_json::Value) {
    assert_eq!(scan.findings.len(), 1, "{case}: {:#?}", scan.output);
    let finding = &scan.findings[0];
    (finding["location"]["member"].clone(), finding["layers"].clone(), finding["location"]["line"].clone())
}

#[test]
fn keys_in_archives_are_found_with_their_member_line_and_layers() {
    let secret = key(1);
    let text = format!("first line\nkey = {secret}\n");
    let text = text.as_bytes();
    let zipped = zip(&[("empty/readme", b"nothing"), ("etc/app.conf", text)]);
    let far = [vec![b' '; 5 << 20], b"\n".to_vec(), text.to_vec()].concat();
    let packed_chunk = [b"prompt\0\0".to_vec(), zlib(text)].concat();
    let marked_chunk = [b"prompt\0\x01\0en\0p\0".to_vec(), zlib(text)].concat();
    // A checksum that begins like more of the key.
    let mut plain_chunk = png(&[(b"tEXt", [b"prompt\0", text.trim_ascii_end()].concat()), (b"IEND", vec![])]);
    let checksum = plain_chunk.len() - 16;
    plain_chunk[checksum..checksum + 4].copy_from_slice(b"tttt");
    type Case<'a> = (&'a str, Vec<u8>, Option<&'a str>, &'a [&'a str], u64);
    let cases: [Case<'_>; 23] = [
        ("a.gz", gzip(text), None, &["gzip"], 2),
        ("b.jar", zipped.clone(), Some("etc/app.conf"), &["zip"], 2),
        ("c.tar", tar(&[("x", b"-"), ("d/k.env", text)]), Some("d/k.env"), &["tar"], 2),
        ("d.tgz", gzip(&tar(&[("d/k.env", text)])), Some("d/k.env"), &["gzip", "tar"], 2),
        ("u.tar", tar_v7("k.env", text), Some("k.env"), &["tar"], 2),
        ("e.tar", tar(&[("in/f.zip", &zipped)]), Some("in/f.zip/etc/app.conf"), &["tar", "zip"], 2),
        ("f.gz", gzip(&gzip(text)), None, &["gzip", "gzip"], 2),
        ("g.gz", gzip(&far), None, &["gzip"], 3),
        ("h.bz2", bzip2(text), None, &["bzip2"], 2),
        ("i.xz", xz(text), None, &["xz"], 2),
        ("j.zst", zstd(text), None, &["zstd"], 2),
        ("k.bin", zlib(text), None, &["zlib"], 2),
        ("l.tar.xz", xz(&tar(&[("k", text)])), Some("k"), &["xz", "tar"], 2),
        ("m.tar.zst", zstd(&tar(&[("k", text)])), Some("k"), &["zstd", "tar"], 2),
        ("n.bz2", [bzip2(b"one\n"), bzip2(text)].concat(), None, &["bzip2"], 3),
        ("o.zst", [zstd(b"one\n"), b"\x50\x2a\x4d\x18\x02\0\0\0ab".to_vec(), zstd(text)].concat(), None, &["zstd"], 3),
        ("p.pdf", pdf(text, ""), Some("stream 1"), &["pdf", "zlib"], 2),
        ("w.pdf", pdf_in_ascii85(text), Some("stream 1"), &["pdf", "zlib"], 2),
        ("q.png", png(&[(b"zTXt", packed_chunk), (b"IEND", vec![])]), Some("prompt"), &["png", "zlib"], 2),
        ("r.png", png(&[(b"iTXt", marked_chunk), (b"IEND", vec![])]), Some("prompt"), &["png", "zlib"], 2),
        ("s.zip", zip(&[("in.pdf", &pdf(text, ""))]), Some("in.pdf/stream 1"), &["zip", "pdf", "zlib"], 2),
        ("t.zip", zip(&[("in.zip", &zipped)]), Some("in.zip/etc/app.conf"), &["zip", "zip"], 2),
        ("v.png", plain_chunk, Some("prompt"), &["png"], 2),
    ];
    for (name, content, member, layers, line) in cases {
        let project = Project::new();
        project.write(name, &content);
        let scan = project.scan(&["--show-secrets"]);
        assert_eq!(only(&scan, name), (json!(member), json!(layers), json!(line)), "{name}");
        assert_eq!(scan.findings[0]["secret"], json!(secret), "{name}");
        assert_eq!(scan.findings[0]["location"]["path"], json!(name), "{name}");
        assert_eq!((scan.skipped(), scan.output.code), (vec![], 1), "{name}");

        let piped = Scan::of(project.run_with(["scan", "--format", "jsonl", "-"], &content));
        assert_eq!(only(&piped, name), (json!(member), json!(layers), json!(line)), "{name} on standard input");
    }
}

/// Helm keeps a release as base64 of base64 of gzip; the places of two keys in it are not the same.
#[test]
fn base64_of_gzip_is_unpacked() {
    let project = Project::new();
    let text =
        format!("{}\nOPENAI_API_KEY: {}\n{}\nother: {}\n", "values ".repeat(99), key(1), "a b ".repeat(400), key(2));
    let once = data_encoding::BASE64.encode(&gzip(text.as_bytes()));
    let folded: Vec<&str> = once.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    project.write("once.yaml", format!("release: {once}\n"));
    project.write("folded.txt", folded.join("\n"));
    project.write("twice.yaml", format!("data:\n  release: {}\n", data_encoding::BASE64.encode(once.as_bytes())));
    // A bomb is unpacked in proportion, and what it starts with is seen.
    let bomb = [text.as_bytes(), &vec![b' '; 64 << 20]].concat();
    project.write("bomb.txt", data_encoding::BASE64.encode(&gzip(&bomb)));
    let scan = project.scan(&[]);
    let found: Vec<(String, serde_json::Value)> = scan
        .findings
        .iter()
        .map(|finding| (finding["location"]["path"].as_str().unwrap().to_owned(), finding["layers"].clone()))
        .collect();
    let one = |path: &str, layers: &[&str]| (path.to_owned(), json!(layers));
    let two = |path: &str, layers: &[&str]| [one(path, layers), one(path, layers)];
    let wanted = [
        two("bomb.txt", &["base64", "gzip"]),
        two("folded.txt", &["base64", "gzip"]),
        two("once.yaml", &["base64", "gzip"]),
        two("twice.yaml", &["base64", "base64", "gzip"]),
    ];
    assert_eq!(found, wanted.concat(), "{:#?}", scan.output);
}

/// What is opened as a file is opened inside of base64 and hex as well, or named.
#[test]
fn what_is_packed_inside_encoded_text_is_opened_or_named() {
    let secret = key(3);
    let words: String = (0..300).map(|number| format!("a{number} b\n")).collect();
    let text = format!("{words}OPENAI_API_KEY={secret}\n");
    let text = text.as_bytes();
    let zipped = zip(&[("a/readme", words.as_bytes()), ("b/.env", text)]);
    let cases: [(&str, Vec<u8>, &[&str]); 9] = [
        ("gzip", gzip(text), &["gzip"]),
        ("tgz", gzip(&tar(&[("a", text)])), &["gzip", "tar"]),
        ("zip", zipped.clone(), &["zip"]),
        ("bzip2", bzip2(text), &["bzip2"]),
        ("xz", xz(text), &["xz"]),
        ("zstd", zstd(text), &["zstd"]),
        ("zlib", zlib(text), &["zlib"]),
        (
            "zlib-1",
            {
                let mut stored = zlib(text);
                stored[1] = 0x01;
                stored
            },
            &["zlib"],
        ),
        ("pdf", pdf(text, ""), &["pdf", "zlib"]),
    ];
    let project = Project::new();
    let hex = |content: &[u8]| data_encoding::HEXLOWER.encode(content);
    for (name, content, _) in &cases {
        let base64 = data_encoding::BASE64.encode(content);
        let folded: Vec<&str> = base64.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
        project.write(format!("{name}/a.yaml"), format!("data:\n  release: {base64}\n"));
        project.write(format!("{name}/b.json"), format!("{{\"file\":\"data:application/x;base64,{base64}\"}}\n"));
        project.write(format!("{name}/c.txt"), folded.join("\r\n"));
        project.write(format!("{name}/d.py"), format!("x = '{}'\n", data_encoding::BASE64URL_NOPAD.encode(content)));
        project.write(format!("{name}/e.sql"), format!("insert into files values (X'{}');\n", hex(content)));
        project.write(format!("{name}/f.sql"), format!("\\\\x{}\n", hex(content).to_uppercase()));
    }
    let scan = project.scan(&["--show-secrets"]);
    for (name, _, layers) in &cases {
        for (file, encoding) in ["a.yaml", "b.json", "c.txt", "d.py", "e.sql", "f.sql"]
            .into_iter()
            .zip(["base64", "base64", "base64", "base64", "hex", "hex"])
        {
            let path = json!(format!("{name}/{file}"));
            let layers: Vec<&str> = std::iter::once(encoding).chain(layers.iter().copied()).collect();
            let is_it = |finding: &&serde_json::Value| {
                finding["location"]["path"] == path && finding["layers"] == json!(layers)
            };
            let found: Vec<_> = scan.findings.iter().filter(is_it).map(|finding| &finding["secret"]).collect();
            assert_eq!(found, [&json!(secret)], "{path}");
        }
    }
    assert_eq!(scan.skipped(), Vec::<String>::new());

    let project = Project::new();
    let bomb = [text, &vec![b' '; 16 << 20]].concat();
    for (name, content) in [
        ("bomb", gzip(&bomb)),
        ("locked", flagged(&zipped, 1, 8)),
        ("rar", [&b"Rar!\x1a\x07\x01\0"[..], &[7; 40]].concat()),
    ] {
        project.write(name, format!("x: {}\n", data_encoding::BASE64.encode(&content)));
    }
    // Examples that were cut off, and what only looks packed, are no reason to complain.
    project.write("cut", format!("x: {}\n", data_encoding::BASE64.encode(&zip(&[("a", words.as_bytes())])[..200])));
    project.write(
        "like",
        "eJwRandomTextWhichIsNotPackedAtAll789c789c789c789c789c789c eNo 78da0000000000000000000000000\n",
    );
    let mut skipped = project.scan(&[]).skipped();
    skipped.sort();
    let too_large = "bomb: inside encoded text and larger than limits.archive-ratio allows there";
    assert_eq!(skipped, [too_large, "locked: encrypted", "rar: unsupported format: rar"]);
    assert_eq!(project.run(["scan", "--strict-archives"]).code, 2);
}

#[test]
fn every_mode_opens_the_same() {
    let project = Project::git();
    let text = format!("key = {}\n", key(1));
    let inner = zip(&[("a/b.env", text.as_bytes())]);
    project.write("x.tar.gz", gzip(&tar(&[("in.zip", &inner)]))).write("locked.zip", flagged(&inner, 1, 8));
    project.run_git(&["add", "."]);
    let expected = (json!("in.zip/a/b.env"), json!(["gzip", "tar", "zip"]), json!(1));
    let staged = Scan::of(project.run(["staged", "--format", "jsonl"]));
    project.run_git(&["commit", "-qm", "x"]);
    let blob = "blob ".to_owned();
    for (mode, scan, place) in [
        ("staged", staged, String::new()),
        ("scan", project.scan(&[]), String::new()),
        ("history", Scan::of(project.run(["history", "--format", "jsonl"])), blob),
    ] {
        assert_eq!(only(&scan, mode), expected, "{mode}");
        let skipped = scan.skipped();
        assert!(skipped.len() == 1 && skipped[0].ends_with("!/a/b.env: encrypted"), "{mode}: {skipped:?}");
        assert!(skipped[0].starts_with(if place.is_empty() { "locked.zip" } else { &place }), "{mode}: {skipped:?}");
    }
}

/// In a stream there is no directory to look up what a header lies about.
#[test]
fn a_header_that_lies_about_a_length_hides_no_member() {
    let text = format!("{}{}\n", "k = ".repeat(200), key(1));
    for (name, method) in [("stored", zip::CompressionMethod::Stored), ("deflated", zip::CompressionMethod::Deflated)] {
        for (what, length, crc) in [
            ("all that follows", None, None),
            ("more than there is", Some(u32::MAX - 1), None),
            ("a part of what follows", Some(300), None),
            ("all that follows, without a checksum", None, Some(0)),
        ] {
            let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
            for (member, method) in [("a.txt", method), ("b.txt", method), ("c.env", zip::CompressionMethod::Deflated)]
            {
                writer.start_file(member, SimpleFileOptions::default().compression_method(method)).unwrap();
                writer.write_all(if member == "c.env" { text.as_bytes() } else { b"nothing of note\n" }).unwrap();
            }
            let mut zip = writer.finish().unwrap().into_inner();
            // Both of the first members lie, so that one lie stands in another.
            let headers: Vec<usize> = memchr::memmem::find_iter(&zip.clone(), b"PK\x03\x04").collect();
            for &at in &headers[..2] {
                let length = length.unwrap_or(zip.len() as u32 - at as u32 - 40);
                zip[at + 18..at + 22].copy_from_slice(&length.to_le_bytes());
                if let Some(crc) = crc {
                    zip[at + 14..at + 18].copy_from_slice(&u32::to_le_bytes(crc));
                }
            }
            let project = Project::new();
            project.write("x.zip.gz", gzip(&zip)).write("y.zip", &zip);
            for (place, expected) in [("x.zip.gz", "c.env"), ("y.zip", "c.env")] {
                let scan = project.scan(&[place]);
                let found: Vec<_> = scan.findings.iter().map(|f| f["location"]["member"].clone()).collect();
                assert_eq!(found, [json!(expected)], "{name}: {what}: {place}: {:#?}", scan.output);
            }
        }
    }
}

/// Compressed data marks its own end: what decodes behind a length that is too small is scanned, the lie is named, and
/// members behind it are read.
#[test]
fn a_member_is_decoded_to_its_own_end() {
    // Text that hardly compresses, with the key as its end.
    let long: String = (0..3000_u64).map(|n| format!("{:016x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let (long, short) = (format!("{long}k = {}\n", key(1)), format!("k = {}\n", key(2)));
    let plain = zip(&[("a.txt", long.as_bytes()), ("b.env", short.as_bytes())]);
    let second = memchr::memmem::rfind(&plain, b"PK\x03\x04").unwrap();
    let with = |length: Option<u32>, of_directory: bool, crc: Option<u32>| {
        let mut zip = plain.clone();
        let directory = memchr::memmem::find(&zip, b"PK\x01\x02").unwrap();
        for (crc_at, is_changed) in [(14, true), (directory + 16, of_directory)] {
            if let Some(length) = length.filter(|_| is_changed) {
                zip[crc_at + 4..crc_at + 8].copy_from_slice(&length.to_le_bytes());
            }
            if let Some(crc) = crc {
                zip[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
            }
        }
        zip
    };
    for (case, content, is_named) in [
        ("the truth", with(None, false, None), false),
        ("half", with(Some(second as u32 / 2), true, None), true),
        ("half, but not in the directory", with(Some(second as u32 / 2), false, None), true),
        ("ten bytes", with(Some(10), true, None), true),
        ("ten bytes, without a checksum", with(Some(10), true, Some(0)), true),
        ("nothing", with(Some(0), true, None), true),
        ("too much", with(Some(u32::MAX - 1), true, None), false),
    ] {
        let project = Project::new();
        project.write("x.zip.gz", gzip(&content)).write("y.zip", &content);
        for place in ["x.zip.gz", "y.zip"] {
            let scan = project.scan(&[place]);
            let found: Vec<_> = scan.findings.iter().map(|f| f["location"]["member"].as_str().unwrap()).collect();
            assert_eq!(found, ["a.txt", "b.env"], "{case}: {place}: {:#?}", scan.output);
            let named = scan.skipped().iter().any(|skipped| skipped.ends_with("a.txt: corrupt archive"));
            assert_eq!(named, is_named, "{case}: {place}: {:#?}", scan.skipped());
        }
    }
}

/// What belongs to no member of a zip is scanned, also where the zip can be read only once, and a key in it that a
/// member has as well is reported once. A signature alone hides nothing behind it.
#[test]
fn what_lies_between_the_members_of_a_zip_is_scanned() {
    let (secret, other) = (key(1), key(2));
    let text = format!("k = {secret}\n");
    let raw = text.as_bytes();
    let plain = zip(&[("a.txt", b"nothing of note\n"), ("b.txt", b"nothing of note either\n")]);
    let find = |mark: &[u8]| memchr::memmem::find(&plain, mark).unwrap();
    let second = memchr::memmem::rfind(&plain, b"PK\x03\x04").unwrap();
    let inserted = |at: usize, parts: &[&[u8]]| [&plain[..at], &parts.concat(), &plain[at..]].concat();
    let comment = {
        let mut zip = plain.clone();
        let at = zip.len() - 2;
        zip[at..].copy_from_slice(&(raw.len() as u16).to_le_bytes());
        [zip, raw.to_vec()].concat()
    };
    let extra = {
        let mut zip = plain.clone();
        zip[28..30].copy_from_slice(&(raw.len() as u16 + 4).to_le_bytes());
        let field = [&[0xfe, 0xca][..], &(raw.len() as u16).to_le_bytes(), raw].concat();
        zip.splice(35..35, field);
        zip
    };
    let lying = {
        // The last member has a wrong length, and an image's text follows the directory's first entry.
        let mut zip = plain.clone();
        zip[second + 18..second + 22].copy_from_slice(&9_u32.to_le_bytes());
        let at = memchr::memmem::rfind(&zip, b"PK\x01\x02").unwrap();
        let image = png(&[(b"tEXt", [b"Comment\0", raw].concat()), (b"IEND", vec![])]);
        [&zip[..at], &image, &zip[at..]].concat()
    };
    let far = [vec![b' '; 3 << 20], b"PK\n".to_vec(), raw.to_vec()].concat();
    let fake: &[u8] = b"PK\x03\x04\xff\xff\xff\xff\n";
    let env = format!("e = {other}\n");
    let inner = zip(&[("c.env", env.as_bytes())]);
    let two: &[&str] = &[&secret, &other];
    let named = zip(&[(&format!("d/{secret}.txt"), b"nothing")]);
    let cases: [(&str, Vec<u8>, &[&str]); 14] = [
        ("before the second member", inserted(second, &[raw]), &[&secret]),
        ("before the directory", inserted(find(b"PK\x01\x02"), &[raw]), &[&secret]),
        ("before the end", inserted(find(b"PK\x05\x06"), &[raw]), &[&secret]),
        ("behind the end", inserted(plain.len(), &[b"\n", raw]), &[&secret]),
        ("in the comment", comment, &[&secret]),
        ("in an extra field", extra, &[&secret]),
        ("behind much else", inserted(second, &[&far]), &[&secret]),
        ("behind a signature", inserted(second, &[fake, raw]), &[&secret]),
        ("behind a signature at the end", inserted(plain.len(), &[b"PK\x03\x04", raw]), &[&secret]),
        ("behind many signatures", inserted(second, &[&b"PK\x03\x04PK".repeat(9999), raw]), &[&secret]),
        ("behind half a signature", inserted(second, &[b"\nPK\x03", raw]), &[&secret]),
        ("a member in a header", inserted(second, &[fake, &inner, raw]), two),
        ("a damaged zip", lying, &[&secret]),
        ("a name that the directory repeats", named, &[&secret]),
    ];
    for (case, content, secrets) in cases {
        let project = Project::new();
        project.write("x.zip.gz", gzip(&content)).write("y.zip", &content);
        project.write("z.tgz", gzip(&tar(&[("in.zip", &content)])));
        let piped = project.run_with(["scan", "--format", "jsonl", "--show-secrets", "-"], &content);
        for (scan, count) in [(project.scan(&["--show-secrets"]), 3), (Scan::of(piped), 1)] {
            let mut found: Vec<(String, &str)> = Vec::new();
            for finding in &scan.findings {
                found.push((finding["location"]["path"].to_string(), finding["secret"].as_str().unwrap()));
            }
            let places: BTreeSet<&String> = found.iter().map(|(place, _)| place).collect();
            assert_eq!(places.len(), count, "{case}: {places:?}: {}", scan.output.stderr);
            for place in places {
                let here = found.iter().filter(|(path, _)| path == place).map(|(_, secret)| *secret);
                let (here, all): (Vec<&str>, BTreeSet<&str>) = (here.clone().collect(), here.collect());
                assert_eq!(here.len(), secrets.len(), "{case}: {place}");
                assert_eq!(all, secrets.iter().copied().collect(), "{case}: {place}");
            }
        }
    }
}

/// A tar header whose field at this offset has this text, and what follows it.
fn tar_field(at: usize, text: &[u8]) -> Vec<u8> {
    let mut entry = tar_entry(b'0', "a.txt", 2, b"a\n");
    entry[at..at + text.len()].copy_from_slice(text);
    entry[148..156].fill(b' ');
    let sum: u32 = entry[..512].iter().map(|&byte| u32::from(byte)).sum();
    entry[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    entry
}

/// Names, comments and fields that nobody reads, padding, and what is left behind the data: in a file they are seen as
/// they are, so they are in a stream.
#[test]
fn what_a_format_has_beside_its_data_is_scanned() {
    let secret = Template::parse("gsk_[A-Za-z0-9]{52}").unwrap().generate(&mut Random::new(5)).text;
    let line = format!("k = {secret}\n");
    let text = line.as_bytes();
    // A gzip member with these flags and these fields.
    let gzip_with = |flags: u8, fields: &[u8]| {
        let plain = gzip(b"nothing of note\n");
        [&plain[..3], &[flags], &plain[4..10], fields, &plain[10..]].concat()
    };
    let extra = [&(text.len() as u16).to_le_bytes()[..], text].concat();
    let skipped = [b"\x5a\x2a\x4d\x18", &(text.len() as u32).to_le_bytes()[..], text, &zstd(b"a\n")].concat();
    let padding = {
        let mut entry = tar_entry(b'0', "a.txt", 2, b"a\n");
        entry[600..600 + text.len()].copy_from_slice(text);
        entry
    };
    let record = format!("{} comment={}", text.len() + 11, line);
    // Decoders take some of it for another header.
    let behind = [b"nothing of note\n".repeat(9), text.to_vec()].concat();
    let end = || (b"IEND", vec![]);
    let chunks: [(&[u8; 4], Vec<u8>); 6] = [
        (b"prVt", text.to_vec()),
        (b"tEXt", [secret.as_bytes(), b"\0x"].concat()),
        (b"zTXt", [b"k\0\x01", text].concat()),
        (b"iTXt", [b"k\0\0\0en\0", text, b"\0x"].concat()),
        (b"iCCP", [b"k\0\0".to_vec(), zlib(text)].concat()),
        (b"tEXt", [b"no end of a keyword ".repeat(5), text.to_vec()].concat()),
    ];
    let before_letters = {
        let value = Template::parse("[A-Za-z0-9]{8}\\.[A-Za-z0-9]{64}").unwrap().generate(&mut Random::new(5)).text;
        let assigned = format!("AGENTA_API_KEY={value}");
        let mut image = png(&[(b"prVt", assigned.as_bytes().to_vec()), end()]);
        let checksum = memchr::memmem::find(&image, value.as_bytes()).unwrap() + value.len();
        image[checksum..checksum + 4].copy_from_slice(b"aB3d");
        image
    };
    let mut cases = vec![
        ("a chunk before a checksum of letters", before_letters),
        ("pixels", png(&[(b"IDAT", text.to_vec()), end()])),
        ("gzip's name", gzip_with(8, &[secret.as_bytes(), b"\0"].concat())),
        ("gzip's comment", gzip_with(16, &[text, b"\0"].concat())),
        ("gzip's extra field", gzip_with(4, &extra)),
        ("behind gzip", [gzip(b"a\n"), text.to_vec()].concat()),
        ("behind bzip2", [bzip2(b"a\n"), behind.clone()].concat()),
        ("behind an empty bzip2", [bzip2(b""), bzip2(text)].concat()),
        ("behind zlib", [zlib(&b"nothing of note\n".repeat(9)), text.to_vec()].concat()),
        ("behind zstd", [zstd(b"a\n"), behind.clone()].concat()),
        ("behind xz", [xz(b"a\n"), behind].concat()),
        ("a frame to be skipped", skipped),
        ("tar's owner", tar_field(265, &text[4..])),
        ("tar's unused field", tar_field(345, &text[4..])),
        ("tar's padding", padding),
        ("tar's padding goes on with a member", tar_entry(b'0', "a.txt", text.len() as u64 - 20, text)),
        ("tar's comment", tar_entry(b'x', "x", record.len() as u64, record.as_bytes())),
        ("a long name of nothing", tar_entry(b'L', "x", secret.len() as u64, secret.as_bytes())),
        ("behind an image", png(&[end()]).into_iter().chain(text.iter().copied()).collect()),
        ("a zip that may be split", [b"PK00".to_vec(), zip(&[("a", text)])].concat()),
        ("a document behind an empty line", [b"\n".to_vec(), pdf(text, "")].concat()),
    ];
    cases.extend(chunks.into_iter().map(|chunk| ("a chunk", png(&[chunk, end()]))));
    for (case, content) in cases {
        let project = Project::new();
        project.write("a", &content).write("b", gzip(&content)).write("c", xz(&tar(&[("in", &content)])));
        let piped = Scan::of(project.run_with(["scan", "--format", "jsonl", "-"], &content));
        let scan = project.scan(&[]);
        assert_eq!(scan.paths(), ["a", "b", "c"], "{case}: {:#?}", scan.skipped());
        assert_eq!(piped.findings.len(), 1, "{case}: {:#?}", piped.output);
    }
}

/// A zip in which every header of a member has these flags and this method.
fn flagged(zip: &[u8], flags: u16, method: u16) -> Vec<u8> {
    let mut zip = zip.to_vec();
    for (signature, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let headers: Vec<usize> = memchr::memmem::find_iter(&zip.clone(), signature).collect();
        for header in headers {
            zip[header + at..header + at + 2].copy_from_slice(&flags.to_le_bytes());
            zip[header + at + 2..header + at + 4].copy_from_slice(&method.to_le_bytes());
        }
    }
    zip
}

#[test]
fn a_zip_is_read_by_its_members_and_by_its_directory() {
    let (one, two) = (format!("a = {}\n", key(1)), format!("b = {}\n", key(2)));
    let (one, two) = (one.as_bytes(), two.as_bytes());
    let plain = zip(&[("a.env", one), ("b.env", two)]);
    let twins = {
        let mut twins = zip(&[("a.env", one), ("b.env", two)]);
        for at in memchr::memmem::find_iter(&twins.clone(), b"b.env").collect::<Vec<_>>() {
            twins[at] = b'a';
        }
        twins
    };
    // The directory names the second only.
    let unlisted = {
        let at = memchr::memmem::find(&plain, b"PK\x01\x02").unwrap();
        let second = memchr::memmem::rfind(&plain, b"PK\x01\x02").unwrap();
        let mut unlisted = [&plain[..at], &plain[second..]].concat();
        let end = unlisted.len() - 22;
        let length = (end - at) as u32;
        unlisted[end + 12..end + 16].copy_from_slice(&length.to_le_bytes());
        unlisted
    };
    let prefix = [b"#!/usr/bin/env python3\n".to_vec(), vec![b'x'; 3 << 20], plain.clone()].concat();
    let commented = {
        let mut zip = [b"MZ\0\0".to_vec(), plain.clone()].concat();
        let at = zip.len() - 2;
        zip[at..].copy_from_slice(&300_u16.to_le_bytes());
        zip.extend([b'c'; 300]);
        zip
    };
    let streamed = streamed_zip(&[("a.env.gz", &gzip(one)), ("b.env.gz", &gzip(two))]);
    let cut = plain[..memchr::memmem::find(&plain, b"PK\x01\x02").unwrap()].to_vec();
    let signed = [b"MZ\0\0", &plain[..], b"a signature"].concat();
    let image = [png(&[(b"IEND", vec![])]), plain.clone()].concat();
    let misdirected = {
        let mut zip = plain.clone();
        let second = memchr::memmem::rfind(&zip, b"PK\x01\x02").unwrap();
        zip[second + 42..second + 46].copy_from_slice(&7_u32.to_le_bytes());
        zip
    };
    for (case, content, members, skipped) in [
        ("plain", plain.clone(), ["a.env", "b.env"], &[][..]),
        ("twins", twins, ["a.env", "a.env"], &[]),
        ("unlisted", unlisted, ["a.env", "b.env"], &[]),
        ("prefix", prefix, ["a.env", "b.env"], &[]),
        ("commented", commented, ["a.env", "b.env"], &[]),
        ("streamed", streamed.clone(), ["a.env.gz", "b.env.gz"], &[]),
        ("in-gzip", gzip(&streamed), ["a.env.gz", "b.env.gz"], &[]),
        ("signed", signed, ["a.env", "b.env"], &[]),
        ("image", image, ["a.env", "b.env"], &[]),
        ("misdirected", misdirected, ["a.env", "b.env"], &["misdirected: corrupt archive"]),
        ("cut", cut, ["a.env", "b.env"], &["cut: corrupt archive"]),
    ] {
        let project = Project::new();
        project.write(case, content);
        let scan = project.scan(&[]);
        let found: Vec<&str> =
            scan.findings.iter().map(|finding| finding["location"]["member"].as_str().unwrap()).collect();
        assert_eq!(found, members, "{case}: {:#?}", scan.output);
        assert_eq!(scan.skipped(), skipped, "{case}");
    }
}

#[test]
fn every_kind_of_tar_member_with_content_is_scanned() {
    let text = format!("k = {}\n", key(1));
    let text = text.as_bytes();
    let size = text.len() as u64;
    let long = format!("{}/k.env", "d".repeat(300));
    let pax = {
        let record =
            |text: &str| (1..999).map(|n| format!("{n} {text}\n")).find(|r| r.starts_with(&format!("{} ", r.len())));
        record(&format!("path={long}")).unwrap()
    };
    for (case, content, member) in [
        ("file", tar_entry(b'0', "k.env", size, text), "k.env"),
        ("old", tar_entry(0, "k.env", size, text), "k.env"),
        ("contiguous", tar_entry(b'7', "k.env", size, text), "k.env"),
        ("unknown", tar_entry(b'Q', "k.env", size, text), "k.env"),
        ("long", [tar_entry(b'L', "long", 306, long.as_bytes()), tar_entry(b'0', "k", size, text)].concat(), &long),
        (
            "pax",
            [tar_entry(b'x', "pax", pax.len() as u64, pax.as_bytes()), tar_entry(b'0', "k", size, text)].concat(),
            &long,
        ),
        ("appended", [tar(&[("a", b"a")]), tar_entry(b'0', "k.env", size, text)].concat(), "k.env"),
        ("link", [tar_entry(b'2', "link", 1 << 40, b""), tar_entry(b'0', "k.env", size, text)].concat(), "k.env"),
    ] {
        let project = Project::new();
        project.write("x.tar.gz", gzip(&content));
        let scan = project.scan(&[]);
        assert_eq!(only(&scan, case).0, json!(member), "{case}");
        assert_eq!(scan.skipped(), [""; 0], "{case}");
    }
}

#[test]
fn headers_that_lie_cost_neither_memory_nor_keys() {
    let text = format!("k = {}\n", key(1));
    let entry = tar_entry(b'0', "k.env", text.len() as u64, text.as_bytes());
    let gnu = |kind| [tar_entry(kind, "x", 8 << 30, &vec![b'a'; 4 << 20]), entry.clone()].concat();
    let cases = [
        ("long name", gnu(b'L')),
        ("long link", gnu(b'K')),
        ("pax", gnu(b'x')),
        ("global pax", gnu(b'g')),
        ("file", tar_entry(b'0', "k.env", 1 << 40, text.as_bytes())),
        ("bad checksum", [tar(&[("a", b"a")]), vec![b'?'; 512], text.clone().into_bytes()].concat()),
    ];
    for (case, content) in cases {
        let project = Project::new();
        project.write("x.tgz", gzip(&gzip(&content)));
        let limited =
            format!("ulimit -v 1500000; exec {} scan --format jsonl --threads 1", env!("CARGO_BIN_EXE_keysweep"));
        let output = project.command("sh").args(["-c", &limited]).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains("corrupt archive"), "{case}: {stdout} {}", String::from_utf8_lossy(&output.stderr));
        assert!(stdout.starts_with("{\"type\":\"finding\""), "{case}: {stdout}");
    }
}

#[test]
fn what_decodes_before_a_damage_is_scanned_and_the_damage_named() {
    let text = format!("k = {}\n", key(1));
    let lines: String = (0..20_000).map(|n| format!("{n}: {}\n", (n * n) % 7919)).collect();
    let text = format!("{text}\n{lines}");
    let whole = gzip(text.as_bytes());
    let changed = |at: usize| {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        changed
    };
    let length = whole.len();
    // A chunk as it is, and one with properties that do not exist, after which the decoder must not be asked again.
    let properties = {
        let whole = xz(b"x");
        let start = 12 + 4 * (usize::from(whole[12]) + 1);
        let document = format!("{:511}\n", format!("%PDF-1.7 k = {}", key(1)));
        [&whole[..start], &[1, 1, 255], document.as_bytes(), &[0xe0, 0, 80, 0, 80, 0xff], &[0; 99]].concat()
    };
    for (case, content, skipped) in [
        ("properties.xz", properties, true),
        ("cut", whole[..length / 2].to_vec(), true),
        ("damaged", changed(length / 2), true),
        ("checksum", changed(length - 5), true),
        ("followed", [whole.clone(), b"text".to_vec()].concat(), true),
        ("zeros", [whole.clone(), vec![0; 70_000]].concat(), false),
        ("two", [whole.clone(), vec![0; 512], gzip(b"more")].concat(), false),
        ("cut.bz2", bzip2(text.as_bytes())[..].split_last().unwrap().1.to_vec(), true),
        ("cut.xz", xz(text.as_bytes())[..].split_last().unwrap().1.to_vec(), true),
        ("cut.zst", zstd(text.as_bytes())[..].split_last().unwrap().1.to_vec(), true),
        (
            "cut.zip",
            {
                let zip = zip(&[("a", text.as_bytes())]);
                zip[..zip.len() / 2].to_vec()
            },
            true,
        ),
    ] {
        let project = Project::new();
        project.write("log", content);
        let scan = project.scan(&[]);
        assert!(scan.findings.iter().any(|finding| finding["location"]["line"] == 1), "{case}: {:#?}", scan.output);
        let named: Vec<String> = if skipped { vec!["corrupt archive".into()] } else { Vec::new() };
        let mut reasons: Vec<String> =
            scan.skipped().iter().map(|s| s.rsplit(": ").next().unwrap().to_owned()).collect();
        reasons.dedup();
        assert_eq!((reasons, scan.output.code), (named, 1), "{case}");
    }
}

#[test]
fn what_is_not_opened_is_named_and_fails_a_strict_scan() {
    let plain = zip(&[("a", b"content that is compressed, content that is compressed")]);
    let nest = |depth: usize| (0..depth).fold(b"x".to_vec(), |inner, _| gzip(&inner));
    let cases = [
        ("locked.zip", flagged(&plain, 1, 8), "locked.zip!/a: encrypted"),
        ("locked.pdf", pdf(b"x", "<</Encrypt 5 0 R>>"), "locked.pdf: encrypted"),
        ("odd.zip", flagged(&plain, 0, 9), "odd.zip!/a: unsupported compression"),
        ("cut.gz", gzip(&[b'a'; 9000])[..20].to_vec(), "cut.gz: corrupt archive"),
        ("deep.gz", nest(9), "deep.gz: deeper than limits.archive-depth"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "a.7z: unsupported format: 7z"),
        ("b.lz", [b"\x5d\0\0\x80\0".to_vec(), vec![0xff; 8], vec![0; 9]].concat(), "b.lz: unsupported format: lzma"),
        ("b.deb", b"!<arch>\ndebian-binary   0".to_vec(), "b.deb: unsupported format: deb"),
        ("b.old", b"\x27\xb5\x2f\xfd".to_vec(), "b.old: unsupported format: zstd of before version 0.8"),
        ("unlisted.gz", gzip(&flagged(&plain, 0, 200)), "unlisted.gz: corrupt archive"),
        ("b.rar", b"Rar!\x1a\x07\x01\0".to_vec(), "b.rar: unsupported format: rar"),
        ("c.br", b"\x0b\x02\x80abc\x03".to_vec(), "c.br: unsupported format: brotli"),
        (
            "d.bundle",
            b"# v2 git bundle\n\nPACK".to_vec(),
            "d.bundle: unsupported format: git bundle; clone it and run keysweep history",
        ),
    ];
    for (name, content, skipped) in cases {
        let project = Project::new();
        project.write(name, content);
        let scan = project.scan(&[]);
        assert_eq!((scan.skipped(), scan.output.code), (vec![skipped.to_owned()], 0), "{name}");
        let (_, reason) = skipped.split_once(": ").unwrap();
        let human = project.run(["scan"]);
        let last = human.stdout.lines().last().unwrap();
        assert!(last.contains(&format!("; not opened: 1 {reason} (")), "{last}");

        let strict = project.scan(&["--strict-archives"]);
        assert_eq!((strict.skipped(), strict.output.code), (vec![skipped.to_owned()], 2), "{name}");
        assert!(strict.errors()[0].starts_with("cannot open ") && strict.errors()[0].contains(reason), "{name}");
        let project = Project::git();
        project.write(".keysweep.toml", "[limits]\narchives = \"strict\"\n").write("x.zip", flagged(&plain, 1, 8));
        assert_eq!(project.scan(&[]).output.code, 2);
    }
}

#[test]
fn limits_are_configured_and_said_when_they_bite() {
    let text = format!("k = {}\n", key(1));
    let two = zip(&[("a", b"a"), ("k", text.as_bytes())]);
    let large = gzip(&[vec![b'x'; 300_000], text.clone().into_bytes()].concat());
    for (limit, content, found, said) in [
        ("archive-members = 1", &two, 0, "x: more members than limits.archive-members"),
        ("archive-members = 2", &two, 1, ""),
        ("archive-depth = 1", &gzip(&two), 0, "x: deeper than limits.archive-depth"),
        ("archive-depth = 2", &gzip(&two), 1, ""),
        ("archive-size = '200KB'\narchive-ratio = 2", &large, 0, "limits.archive-size"),
        ("archive-size = '400KB'\narchive-ratio = 2", &large, 1, ""),
        ("archive-size = '200KB'\narchive-ratio = 2000", &large, 1, ""),
    ] {
        let project = Project::git();
        project.write(".keysweep.toml", format!("[limits]\n{limit}\n")).write("x", content);
        let scan = project.scan(&[]);
        let mut all = scan.skipped();
        all.extend(scan.errors().into_iter().map(str::to_owned));
        assert_eq!(scan.findings.len(), found, "{limit}: {all:?}");
        assert_eq!(all.len(), usize::from(!said.is_empty()), "{limit}: {all:?}");
        assert!(all.iter().all(|line| line.contains(said)), "{limit}: {all:?}");
    }
}

#[test]
fn names_of_members_are_searched_as_well() {
    let name = format!("out/{}.txt", key(1));
    let cases: [(&str, Vec<u8>); 4] = [
        ("a.zip", zip(&[(&name, b"x")])),
        ("b.tar", tar_entry(b'5', &format!("{}/", &name[..99]), 0, b"")),
        (
            "c.tgz",
            gzip(&[tar_entry(b'L', "l", name.len() as u64, name.as_bytes()), tar_entry(b'0', "x", 0, b"")].concat()),
        ),
        ("d.tar.xz", xz(&zip(&[(&name, b"x")]))),
    ];
    for (archive, content) in cases {
        let project = Project::new();
        project.write(archive, content);
        let scan = project.scan(&[]);
        let found = usize::from(archive != "b.tar"); // the name is cut in the key
        assert_eq!(scan.findings.len(), found, "{archive}: {:#?}", scan.output);
        assert!(!scan.output.stdout.contains(&key(1)), "{archive}");
        if found == 1 {
            assert_eq!(scan.findings[0]["location"]["part"], "name", "{archive}");
        }
    }
}

/// Reads all there is and keeps nothing.
#[derive(Default)]
struct Counting {
    bytes: u64,
    said: u64,
}

impl Visitor for Counting {
    fn content(&mut self, _: &Packed, content: &mut dyn std::io::Read) -> std::io::Result<()> {
        std::io::copy(&mut std::io::Read::take(content, 1 << 20), &mut std::io::sink()).map(|bytes| self.bytes += bytes)
    }

    fn name(&mut self, _: &Packed, _: &[u8]) {}

    fn unopened(&mut self, _: &Packed, _: &'static str) {
        self.said += 1;
    }
}

#[test]
fn changed_archives_end_without_a_panic() {
    let text: Vec<u8> =
        (0..3000_u32).flat_map(|n| format!("{n}: {}\n", n.wrapping_mul(2_654_435_761)).into_bytes()).collect();
    let files: &[(&str, &[u8])] = &[("a/b.env", &text), ("c.gz", &gzip(&text))];
    let seeds = [
        gzip(&text),
        zlib(&text),
        bzip2(&text),
        xz(&text),
        zstd(&text),
        tar(files),
        zip(files),
        streamed_zip(files),
        pdf(&text, ""),
        png(&[(b"zTXt", [b"k\0\0".to_vec(), zlib(&text)].concat()), (b"IEND", vec![])]),
        gzip(&tar(&[("x.zip", &zip(files)), ("y.xz", &xz(&text))])),
    ];
    let limits = Limits { size: 4 << 20, ratio: 1, depth: 4, members: 1000 };
    let rounds = std::env::var("KEYSWEEP_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(40);
    let mut random = Random::new(11);
    for (number, seed) in seeds.iter().enumerate() {
        for _ in 0..rounds {
            let mut bytes = seed.clone();
            for _ in 0..=random.below(6) {
                // Headers decide more than content does.
                let most = if random.below(2) == 0 { bytes.len().min(64) } else { bytes.len() };
                let at = random.below(most);
                match random.below(3) {
                    0 => bytes[at] = random.below(256) as u8,
                    1 => bytes[at] ^= 1 << random.below(8),
                    _ => bytes.truncate(at.max(64)),
                }
            }
            let mut visitor = Counting::default();
            let whole = unpack_stream(&mut bytes.as_slice(), limits, &mut visitor);
            assert!(visitor.bytes <= (limits.size + bytes.len() as u64) * 5, "{number}: {whole:?}");
            if let Some(Container::Known(layer)) = archive::kind(&bytes) {
                let size = bytes.len() as u64;
                let _ = unpack(layer, Cursor::new(&bytes), size, limits, &mut Counting::default());
            }
        }
    }
}

#[test]
fn a_zip_behind_a_prefix_inside_other_content_is_named() {
    let project = Project::new();
    let inner = [b"#!/bin/sh\n".to_vec(), zip(&[("a", b"a")])].concat();
    project.write("x.gz", gzip(&inner));
    let reason = "unsupported format: zip behind a prefix, inside other content";
    assert_eq!(project.scan(&[]).skipped(), [format!("x.gz: {reason}")]);
}

#[test]
fn a_decompression_bomb_is_an_error_and_the_rest_is_scanned() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    (0..280).for_each(|_| bomb.write_all(&zeros).unwrap());
    let project = Project::new();
    project.write("bomb.gz", gzip(&bomb.finish().unwrap())).write("b.txt", key(2));
    let scan = project.scan(&[]);
    assert_eq!(scan.paths(), ["b.txt"]);
    assert_eq!(scan.output.code, 2);
    assert!(scan.errors()[0].contains("bomb.gz"), "{:?}", scan.errors());
}
