//! Packs texts for the binary: the OpenAPI document would be twenty times as long, the page three times.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    println!("cargo::rerun-if-changed={PAGE}");
    #[cfg(feature = "openapi")]
    pack_document()?;
    #[cfg(feature = "page")]
    pack_page()?;
    Ok(())
}

const DOCUMENT: &str = "docs/openapi.json";
const PAGE: &str = "src/control/page";

#[cfg(feature = "openapi")]
fn pack_document() -> Result<(), Box<dyn Error>> {
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&std::fs::read(DOCUMENT)?)?;
    write("openapi.json.zlib", &packed.finish()?)
}

/// The files of the page, and a table of them for `src/control/page.rs`.
#[cfg(feature = "page")]
fn pack_page() -> Result<(), Box<dyn Error>> {
    use flate2::{Compression, GzBuilder};
    use std::fmt::Write as _;
    use std::io::Write as _;

    let mut table = String::from("[\n");
    let mut paths =
        std::fs::read_dir(PAGE)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        let kind = match path.extension().and_then(|kind| kind.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("js") => "text/javascript; charset=utf-8",
            _ => continue,
        };
        // Indentation and comments are for people who read the source.
        let text = std::fs::read_to_string(&path)?;
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
        let text = match kind {
            "text/css; charset=utf-8" => packed_style(&lines.concat()),
            _ => lines.join("\n"),
        };
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file of the page has no name")?;
        // Without the time of the build, so that the same source gives the same binary.
        let mut packed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        packed.write_all(text.as_bytes())?;
        write(&format!("page-{name}.gz"), &packed.finish()?)?;
        writeln!(table, "({name:?}, {kind:?}, include_bytes!(\"page-{name}.gz\").as_slice()),")?;
    }
    write("page.rs", format!("{table}]\n").as_bytes())
}

/// Style without the spaces that only people need.
#[cfg(feature = "page")]
fn packed_style(text: &str) -> String {
    let marks = [(" {", "{"), ("{ ", "{"), (" }", "}"), ("; ", ";"), (": ", ":"), (", ", ","), (";}", "}")];
    marks.iter().fold(text.to_owned(), |text, (written, packed)| text.replace(written, packed))
}

#[cfg(any(feature = "openapi", feature = "page"))]
fn write(name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo names no folder for the output")?;
    Ok(std::fs::write(std::path::Path::new(&folder).join(name), bytes)?)
}
