//! What the packages are made from: one version everywhere, completions and manual pages for every subcommand.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;

use crate::project::Project;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Every `"key": "value"` or `key = "value"` of a file whose value looks like a version of ours.
#[test]
fn every_file_names_the_version_of_cargo_toml() {
    let version = env!("CARGO_PKG_VERSION");
    let shim = file("pyproject.toml");
    assert!(shim.contains(&format!("\nversion = \"{version}\"")), "pyproject.toml: packaging/version.py --write");
    assert!(shim.contains(&format!("\"keysweep=={version}\"")), "pyproject.toml: packaging/version.py --write");
    let launcher: serde_json::Value = serde_json::from_str(&file("packaging/npm/keysweep/package.json")).unwrap();
    assert_eq!(launcher["version"], version);
    let platforms = launcher["optionalDependencies"].as_object().unwrap();
    assert_eq!(platforms.len(), 8);
    for (platform, pinned) in platforms {
        assert_eq!(pinned, version, "{platform}: packaging/version.py --write");
        let name = platform.strip_prefix("@keysweep/").unwrap();
        let release = file(".github/workflows/release.yml");
        assert!(release.contains(&format!("name: {name},")), "the release workflow does not build {name}");
    }
}

fn subcommands() -> Vec<String> {
    let command = keysweep::cli::args::Cli::command();
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

#[test]
fn each_shell_gets_completions_for_each_subcommand() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "powershell", "nushell", "elvish"] {
        let output = project.run(["completions", shell]);
        assert_eq!(output.code, 0, "{shell}: {}", output.stderr);
        for name in subcommands() {
            assert!(output.stdout.contains(&name), "{shell} does not know {name}");
        }
    }
}

#[test]
fn each_subcommand_has_a_manual_page() {
    let project = Project::new();
    let output = project.run(["completions", "man", "--dir", "pages"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    for name in subcommands() {
        let page = fs::read_to_string(project.path("pages").join(format!("keysweep-{name}.1"))).unwrap();
        assert!(page.contains(".SH"), "{name}");
    }
    let without = project.run(["completions", "man"]);
    assert_eq!(without.code, 2);
    assert!(without.stderr.contains("--dir"), "{}", without.stderr);
}
