//! The `html` report: one page that loads nothing, holds no key, and works in a real browser.

use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::history::Repo;
use crate::project::key;

/// A repository with keys of two providers, one of them gone, and a hostile name; the page of its audit.
fn page() -> (Repo, String) {
    let repo = Repo::new();
    let groq = keysweep::rule::template::Template::parse(&["gs", "k_[A-Za-z0-9]{52}"].concat()).unwrap();
    let groq = groq.generate(&mut keysweep::rule::template::Random::new(7)).text;
    repo.write("</script><script>alert(1)</script>.py", format!("OPENAI_API_KEY = '{}'\n", key(1)));
    repo.write("b.py", format!("GROQ_API_KEY = '{groq}'\n")).write("c.py", key(2));
    repo.commit("<img src=x onerror=alert(2)>");
    repo.git(&["rm", "-q", "c.py"]);
    repo.commit("gone");
    let output = repo.project.run(["history", "-o", "report.html"]);
    assert_eq!(output.code, 1, "{output:?}");
    let page = std::fs::read_to_string(repo.project.path("report.html")).unwrap();
    for secret in [&key(1), &key(2), &groq] {
        assert!(!page.contains(secret.as_str()) && !page.contains(&secret[12..40]), "a key is in the page");
    }
    (repo, page)
}

/// What stands between two texts.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn a_page_allows_itself_alone() {
    let (_repo, page) = page();
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("base-uri 'none'; form-action 'none'"), "{policy}");
    let scripts = page.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    for content in [scripts, between(&page, "<style>", "</style>")] {
        let hash = data_encoding::BASE64.encode(&Sha256::digest(content.as_bytes()));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    }
    for outside in [
        "<img",
        "<script src",
        " href=\"http",
        "url(",
        "@import",
        "<link",
        "fetch(",
        "innerHTML",
        " style=",
        " onclick",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let data: Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    assert_eq!(data["keys"].as_array().unwrap().len(), 3);
    assert!(data["paths"].as_array().unwrap().iter().any(|path| path == "</script><script>alert(1)</script>.py"));
}

/// The page as a browser has it after its script ran, or `None` where there is no browser.
fn rendered(repo: &Repo, address: &str) -> Option<String> {
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let is_there =
        |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let Some(browser) = browsers.iter().find(is_there) else {
        assert!(std::env::var_os("KEYSWEEP_REQUIRE_BROWSER").is_none(), "none of {browsers:?} is there");
        return None;
    };
    let profile = repo.project.path("../profile");
    let output = repo
        .project
        .command(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"])
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}{address}", repo.project.path("report.html").display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("CONSOLE"), "{said}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_browser_shows_filters_and_sorts() {
    let (repo, _) = page();
    let Some(all) = rendered(&repo, "") else { return };
    assert!(all.contains("data-ready=\"yes\"") && all.contains(">3 keys</p>"), "{all}");
    assert_eq!(all.matches("<details").count(), 3);
    assert!(all.contains("<svg") && all.contains("Time line of 3 keys"), "{all}");
    assert!(!all.contains("<img") && !all.contains("<script>alert"), "hostile names are text");
    let one = rendered(&repo, "#provider=groq").unwrap();
    assert!(one.contains(">1 key of 3</p>") && one.matches("<details").count() == 1, "{one}");
    assert!(one.contains("<details open") && one.contains("GROQ_API_KEY"), "a short list is open: {one}");
    let gone = rendered(&repo, "#q=c.py&state=history").unwrap();
    assert!(gone.contains(">1 key of 3</p>"), "{gone}");
    let none = rendered(&repo, "#q=nothing-like-this").unwrap();
    assert!(none.contains(">0 keys of 3</p>"), "{none}");
    let first = |page: &str| between(page, "<details", "</summary>").to_owned();
    assert!(first(&rendered(&repo, "#sort=provider").unwrap()).contains("Groq"));
    assert!(!first(&all).contains("Groq"), "by danger, others come first");
}
