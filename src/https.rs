//! What `--tls` adds to a server: its certificate, the files that make clients trust it, and the variables that tell
//! clients of both.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tracker_mock::testing::pem;
use tracker_mock::{Gateway, Identity, OtherHosts, REAL_HOSTS, TrustFiles};

use crate::cli::options::TlsOptions;

/// The names of this machine, which are never asked through a proxy.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The gateway of a server, and the folder of its files, which goes with it.
pub(crate) struct Https {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) trust: TrustFiles,
    /// The hosts that it stands in for.
    pub(crate) hosts: Vec<String>,
    pub(crate) folder: TempDir,
}

impl Https {
    /// What the options ask for; `None` if that is nothing. `host` is where the server listens.
    pub(crate) fn start(options: &TlsOptions, host: &str) -> Result<Option<Self>, String> {
        if !options.tls {
            return Ok(None);
        }
        let hosts: Vec<String> =
            REAL_HOSTS.into_iter().map(str::to_owned).chain(options.as_host.iter().cloned()).collect();
        let identity = match (&options.tls_cert, &options.tls_key) {
            (Some(chain), Some(key)) => Identity::from_pem(&read(chain)?, &read(key)?)
                .map_err(|error| format!("cannot use {} with {}: {error}", chain.display(), key.display()))?,
            _ => {
                let host =
                    Some(host.trim_matches(['[', ']'])).filter(|host| !host.is_empty() && !LOOPBACK.contains(host));
                let own = LOOPBACK.into_iter().chain(host);
                Identity::of_own_authority(&hosts.iter().map(String::as_str).chain(own).collect::<Vec<_>>())
                    .map_err(|error| error.to_string())?
            }
        };
        let cannot =
            |error: std::io::Error| format!("cannot keep certificates in {}: {error}", std::env::temp_dir().display());
        let mut folder = tempfile::Builder::new();
        // On Windows, the folder for temporary files is the user's own.
        #[cfg(unix)]
        folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = folder.prefix("tracker-mock-").tempdir().map_err(cannot)?;
        let trust = write_trust(folder.path(), identity.ca_pem()).map_err(cannot)?;
        let others = if options.deny_others { OtherHosts::Refuse } else { OtherHosts::Pass };
        Ok(Some(Self { gateway: Arc::new(Gateway::new(identity, &hosts, others)), trust, hosts, folder }))
    }
}

pub(crate) fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

fn write_trust(folder: &Path, ca: &str) -> std::io::Result<TrustFiles> {
    let [ca_file, bundle, trust_store] = ["ca.pem", "bundle.pem", "trust.jks"].map(|name| folder.join(name));
    std::fs::write(&ca_file, ca)?;
    // What the system trusts is read from `SSL_CERT_FILE`, if that is set. Where nothing is found, clients trust us alone.
    let system = rustls_native_certs::load_native_certs().certs;
    let own = CertificateDer::pem_slice_iter(ca.as_bytes()).filter_map(Result::ok);
    let all: Vec<CertificateDer<'_>> = system.into_iter().chain(own).collect();
    std::fs::write(&bundle, all.iter().map(|der| pem(der)).collect::<String>())?;
    std::fs::write(&trust_store, java_trust_store(&all))?;
    Ok(TrustFiles { ca: ca_file, bundle, trust_store })
}

/// A Java key store (JKS, version 2) of certificates. It ends without a digest, which Java reads only with a password.
fn java_trust_store(certificates: &[CertificateDer<'_>]) -> Vec<u8> {
    let mut store = Vec::new();
    let number =
        |store: &mut Vec<u8>, number: usize| store.extend(u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
    let text = |store: &mut Vec<u8>, text: &str| {
        store.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
        store.extend(text.as_bytes());
    };
    store.extend(0xFEED_FEED_u32.to_be_bytes());
    number(&mut store, 2);
    number(&mut store, certificates.len());
    for (index, der) in certificates.iter().enumerate() {
        // A trusted certificate, its name, when it was added, and its kind.
        number(&mut store, 2);
        text(&mut store, &index.to_string());
        store.extend(0_u64.to_be_bytes());
        text(&mut store, "X.509");
        number(&mut store, der.len());
        store.extend(der.as_ref());
    }
    store
}

/// The variables by which clients find the proxy at this address, and trust what is behind it. What the environment has
/// in the lists of hosts and of options for Java stays.
pub(crate) fn variables(trust: &TrustFiles, proxy: &str) -> Vec<(&'static str, OsString)> {
    let proxy_url = OsString::from(format!("http://{proxy}"));
    let own = LOOPBACK.join(",");
    let no_proxy = extended(&["NO_PROXY", "no_proxy"], ",", &own);
    let (host, port) = proxy.rsplit_once(':').unwrap_or((proxy, ""));
    let java = format!(
        "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStoreType=JKS -Dhttps.proxyHost={} -Dhttps.proxyPort={port}",
        trust.trust_store.display(),
        host.trim_matches(['[', ']'])
    );
    let file = |path: &PathBuf| path.clone().into_os_string();
    vec![
        ("HTTPS_PROXY", proxy_url.clone()),
        ("https_proxy", proxy_url),
        ("NO_PROXY", no_proxy.clone()),
        ("no_proxy", no_proxy),
        ("SSL_CERT_FILE", file(&trust.bundle)),
        ("REQUESTS_CA_BUNDLE", file(&trust.bundle)),
        ("CURL_CA_BUNDLE", file(&trust.bundle)),
        ("NODE_EXTRA_CA_CERTS", file(&trust.ca)),
        ("NODE_USE_ENV_PROXY", "1".into()),
        ("DENO_CERT", file(&trust.ca)),
        ("JAVA_TOOL_OPTIONS", extended(&["JAVA_TOOL_OPTIONS"], " ", &java)),
    ]
}

/// The first of these variables that is set, with `more` behind it.
fn extended(names: &[&str], separator: &str, more: &str) -> OsString {
    let mut value = names.iter().find_map(std::env::var_os).filter(|value| !value.is_empty()).unwrap_or_default();
    if !value.is_empty() {
        value.push(separator);
    }
    value.push(more);
    value
}
