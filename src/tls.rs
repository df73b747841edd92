//! What a server proves to be by TLS: a certificate of an authority that is made for it, or one of the user's own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The hosts of the real service.
pub const REAL_HOSTS: [&str; 3] = ["api.tracker.yandex.net", "api.tracker.yandex.com", "tracker.yandex.net"];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a certificate is good, in days. Some clients refuse one that is good for much longer.
const DAYS: u32 = 365;

/// The protocols that clients may choose, best first.
const PROTOCOLS: [&str; 2] = ["h2", "http/1.1"];

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct IdentityError(String);

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    ca_pem: String,
}

impl Identity {
    /// One for these names and addresses. The authority that signs it is made for it alone, and its key is forgotten at
    /// once: who trusts it trusts nothing else.
    ///
    /// # Errors
    /// If one of them is no name.
    pub fn of_own_authority(names: &[impl AsRef<str>]) -> Result<Self, IdentityError> {
        let names: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        let wrong = |error: rcgen::Error| IdentityError(format!("no certificate for {}: {error}", names.join(", ")));
        let (authority, ca_key) = (authority(), KeyPair::generate().map_err(wrong)?);
        let ca = authority.self_signed(&ca_key).map_err(wrong)?;
        let issuer = Issuer::new(authority, ca_key);
        let key = KeyPair::generate().map_err(wrong)?;
        let mut leaf = CertificateParams::new(names.clone()).map_err(wrong)?;
        leaf.distinguished_name.push(DnType::CommonName, "tracker-mock");
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        within_a_year(&mut leaf);
        let leaf = leaf.signed_by(&key, &issuer).map_err(wrong)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|reason| IdentityError(reason.to_owned()))?;
        Self::new(vec![leaf.der().clone()], key, pem(ca.der()))
    }

    /// The user's own: a certificate and those that lead to its authority, and its key, as PEM.
    ///
    /// # Errors
    /// If they cannot be read, or do not belong together.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, IdentityError> {
        let certificates = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| IdentityError(format!("the certificate: {error}")))?;
        if certificates.is_empty() {
            return Err(IdentityError("the certificate: no items found".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
        let key = key.map_err(|error| IdentityError(format!("the key: {error}")))?;
        Self::new(certificates, key, chain.to_owned())
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        ca_pem: String,
    ) -> Result<Self, IdentityError> {
        let config =
            ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
        let config = config.and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| IdentityError(error.to_string()))?;
        config.alpn_protocols = PROTOCOLS.map(Into::into).to_vec();
        Ok(Self { config: Arc::new(config), ca_pem })
    }

    /// What a client must trust, as PEM: the authority, or the user's own chain.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }
}

fn authority() -> CertificateParams {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "tracker-mock, for one run");
    within_a_year(&mut ca);
    ca
}

/// A day back, because the clock of a client may be behind.
#[expect(clippy::disallowed_methods, reason = "certificates are good by the clock of the machine")]
fn within_a_year(certificate: &mut CertificateParams) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    certificate.not_before = epoch + now.saturating_sub(DAY);
    certificate.not_after = epoch + now + DAY * DAYS;
}

/// A certificate as text.
pub fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
