//! Packs the OpenAPI document for the binary: as text it would be a twentieth of it.

use std::error::Error;

const DOCUMENT: &str = "docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    #[cfg(feature = "openapi")]
    pack()?;
    Ok(())
}

#[cfg(feature = "openapi")]
fn pack() -> Result<(), Box<dyn Error>> {
    use std::io::Write;
    use std::path::Path;
    use std::{env, fs};

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&fs::read(DOCUMENT)?)?;
    let folder = env::var_os("OUT_DIR").ok_or("cargo names no folder for the output")?;
    fs::write(Path::new(&folder).join("openapi.json.zlib"), packed.finish()?)?;
    Ok(())
}
