//! Keys inside compressed files and archives, inside each other too, and what cannot be unpacked.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::project::{Project, key};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
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

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn keys_in_archives_are_found_with_their_member_line_and_layers() {
    let secret = key(1);
    let text = format!("first line\nkey = {secret}\n");
    let zipped = zip(&[("empty/readme", b"nothing"), ("etc/app.conf", text.as_bytes())]);
    let far = [vec![b' '; 5 << 20], b"\n".to_vec(), text.clone().into_bytes()].concat();
    type Case<'a> = (&'a str, Vec<u8>, serde_json::Value, &'a [&'a str], u64);
    let cases: [Case<'_>; 7] = [
        ("a.gz", gzip(text.as_bytes()), json!(null), &["gzip"], 2),
        ("b.jar", zipped.clone(), json!("etc/app.conf"), &["zip"], 2),
        ("c.tar", tar(&[("x", b"-"), ("d/k.env", text.as_bytes())]), json!("d/k.env"), &["tar"], 2),
        ("d.tgz", gzip(&tar(&[("d/k.env", text.as_bytes())])), json!("d/k.env"), &["gzip", "tar"], 2),
        ("e.tar", tar(&[("in/f.zip", &zipped)]), json!("in/f.zip/etc/app.conf"), &["tar", "zip"], 2),
        ("f.gz", gzip(&gzip(text.as_bytes())), json!(null), &["gzip", "gzip"], 2),
        ("g.gz", gzip(&far), json!(null), &["gzip"], 3),
    ];
    for (name, content, member, layers, line) in cases {
        let project = Project::new();
        project.write(name, &content);
        let scan = project.scan(&["--show-secrets"]);
        assert_eq!(scan.findings.len(), 1, "{name}: {:#?}", scan.output);
        let finding = &scan.findings[0];
        assert_eq!(finding["secret"], json!(secret), "{name}");
        assert_eq!(finding["location"]["path"], json!(name), "{name}");
        assert_eq!(finding["location"]["member"], member, "{name}");
        assert_eq!(finding["location"]["line"], json!(line), "{name}");
        assert_eq!(finding["layers"], json!(layers), "{name}");
    }
}

#[test]
fn what_cannot_be_unpacked_is_said() {
    let whole = zip(&[("a", b"content that is compressed, content that is compressed")]);
    let project = Project::new();
    project.write("cut.zip", &whole[..whole.len() / 2]).write("cut.gz", &gzip(&[b'a'; 9000])[..20]);
    let scan = project.scan(&[]);
    assert_eq!(scan.skipped(), ["cut.gz: corrupt archive", "cut.zip: corrupt archive"]);
    assert_eq!(scan.output.code, 0, "their bytes as they stand were scanned");
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
