//! Keys that reach the users of a product, even without access to the repository. Keys that are shipped to browsers
//! and apps get a severity one step higher, and the report gives the reason.

use bstr::{BStr, ByteSlice as _};

use crate::core::coverage::Report;
use crate::core::finding::{Exposure, Finding};

/// Sets the exposure of each active finding, and raises the severity of those that are shipped to clients.
pub fn rate(report: &mut Report) {
    for finding in report.findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
        let by_path = finding.location.path.as_ref().and_then(|path| of_path(path.as_ref()));
        finding.usage.exposure = match (by_path, finding.usage.exposure) {
            _ if is_firebase(finding) => Some(Exposure::Firebase),
            (by_path, by_text) => by_text.or(by_path),
        };
        if finding.usage.exposure.is_some_and(|exposure| exposure != Exposure::Firebase) {
            finding.severity = finding.severity.raised();
        }
    }
}

/// Whether it is the Google API key of a Firebase app: in Firebase's own file, or on a line of its configuration.
fn is_firebase(finding: &Finding) -> bool {
    const FILES: [&str; 4] =
        ["google-services.json", "GoogleService-Info.plist", "firebase_options.dart", "__/firebase/init.json"];
    let path = finding.location.path.as_ref().map(|path| path.to_str_lossy()).unwrap_or_default();
    let is_named = |text: &str| text.to_ascii_lowercase().contains("firebase");
    finding.rule.provider == "google"
        && (FILES.iter().any(|file| path.ends_with(file))
            || is_named(path.rsplit('/').next().unwrap_or_default())
            || finding.usage.name.as_deref().is_some_and(is_named)
            || ["authDomain", "messagingSenderId", "firebaseapp.com"]
                .iter()
                .any(|word| finding.excerpt.text.contains(word)))
}

/// The exposure by path: directories and extensions of files that builds and app stores ship.
fn of_path(path: &BStr) -> Option<Exposure> {
    let path = path.to_str_lossy().to_ascii_lowercase();
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let folders: Vec<&str> = folders.split('/').collect();
    let has = |name: &str| folders.contains(&name);
    let ends = |endings: &[&str]| endings.iter().any(|ending| file.ends_with(ending));
    // Tests, examples in documentation, and server packages have the same extensions.
    if ["test", "tests", "__tests__", "testdata", "fixtures", "node_modules", "docs", "spec"]
        .iter()
        .any(|name| has(name))
        || has("site-packages")
    {
        return None;
    }
    let is_script = ends(&[".js", ".mjs", ".css"]);
    let follows = |first: &str, second: &str| folders.windows(2).any(|pair| pair == [first, second]);
    if ends(&[".js.map", ".mjs.map", ".css.map", ".ts.map"]) {
        return Some(Exposure::SourceMap);
    }
    if file == "manifest.json" && (has("extension") || has("chrome"))
        || is_script && (has("extension") || has("chrome-extension"))
    {
        return Some(Exposure::Extension);
    }
    if is_script
        && (["dist", "www", "bundles", ".next", "_next", "htdocs", "public_html"].iter().any(|name| has(name))
            || follows("static", "js")
            || follows("public", "js")
            || follows("build", "static")
            || ends(&[".min.js", ".bundle.js", ".chunk.js"]))
    {
        return Some(Exposure::Bundle);
    }
    if ends(&[".html", ".htm", ".xhtml"]) {
        return Some(Exposure::Html);
    }
    let is_android =
        follows("res", "values") || follows("src", "main") && has("assets") || file == "androidmanifest.xml";
    if is_android && ends(&[".xml", ".json", ".properties"]) || ends(&["buildconfig.java", "gradle.properties"]) {
        return Some(Exposure::Android);
    }
    if ends(&[".plist", ".xcconfig"]) {
        return Some(Exposure::Ios);
    }
    let is_unity =
        (has("assets") || has("resources") || has("streamingassets")) && ends(&[".asset", ".prefab", ".unity"]);
    if is_unity || has("flutter_assets") || has("streamingassets") {
        return Some(Exposure::AppAssets);
    }
    None
}

/// The reason, as a sentence about the key: `it is in …`.
pub fn reason(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::PublicName => "its variable's name tells the build to put it into what every browser or app gets",
        Exposure::BrowserClient => "the code runs its client in browsers, which have to have the key",
        Exposure::Bundle => "it is in a script that browsers get",
        Exposure::SourceMap => "it is in a source map, which browsers get",
        Exposure::Html => "it is in a web page",
        Exposure::Extension => "it is in a browser extension, which everybody can unpack",
        Exposure::Android => "it is in an Android app's resources or build settings, and so in the app",
        Exposure::Ios => "it is in an app's property list, and so in the app",
        Exposure::AppAssets => "it is in the assets that an app ships",
        Exposure::Firebase => "Firebase puts it into every app by design",
    }
}

/// What to do in addition to revoking, as an imperative clause.
pub fn advice(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Firebase => {
            "restrict it to Firebase's services and to your apps in Google's console, and use another key for Gemini"
        }
        _ => "call the provider from a server of your own, which alone has the new key: any key in a client is public",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_known_by_its_path() {
        for (path, exposure) in [
            ("web/dist/app.js", Some(Exposure::Bundle)),
            ("static/js/main.a1b2.chunk.js", Some(Exposure::Bundle)),
            ("dist/main.js.map", Some(Exposure::SourceMap)),
            ("index.html", Some(Exposure::Html)),
            ("docs/index.html", None),
            ("tests/dist/app.js", None),
            ("src/app.js", None),
            ("dist/app.py", None),
            ("app/src/main/res/values/strings.xml", Some(Exposure::Android)),
            ("ios/Runner/Info.plist", Some(Exposure::Ios)),
            ("build/flutter_assets/env", Some(Exposure::AppAssets)),
            ("Assets/Config.asset", Some(Exposure::AppAssets)),
            ("extension/background.js", Some(Exposure::Extension)),
            (".env.production", None),
        ] {
            assert_eq!(of_path(path.into()), exposure, "{path}");
        }
    }
}
