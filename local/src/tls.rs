//! A certificate authority for `--tls`: browsers bind sessions to a device, and keep `Secure` cookies, over https only.
//!
//! Its certificate is meant to be trusted by the browsers of one developer. It is therefore limited to names of this machine:
//! a stolen `ca-key.pem` signs for no other host.

mod listener;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use axum::response::Response;
use axum::{Router, middleware};
use http::header::STRICT_TRANSPORT_SECURITY;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

pub use listener::TlsListener;

use crate::private_file;

/// The certificate, which browsers are made to trust.
const CERTIFICATE_FILE: &str = "ca.pem";

/// The private key, followed by the certificate.
const KEY_FILE: &str = "ca-key.pem";

/// The names of the server. `app.localhost` is a site of its own, as a deployment is: browsers give `localhost` exceptions.
const NAMES: [&str; 4] = ["localhost", "app.localhost", "127.0.0.1", "::1"];

const DAY: Duration = Duration::from_secs(86_400);

/// The lifetime of the authority: about ten years.
const AUTHORITY_LIFETIME: Duration = DAY.saturating_mul(3_650);

/// The lifetime of the server's certificate, which each start makes anew. Apple's systems refuse more than 825 days.
const SERVER_LIFETIME: Duration = DAY.saturating_mul(397);

/// The reason why the server cannot serve https.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of the authority cannot be read or written.
    #[error("{CERTIFICATE_FILE} or {KEY_FILE} in the data directory cannot be used")]
    File(#[from] io::Error),
    /// The file with the key has something else.
    #[error(
        "{KEY_FILE} in the data directory is not the key of a certificate authority; delete it, and trust the new one"
    )]
    Key,
    /// A certificate cannot be made.
    #[error("no certificate can be made")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused the certificate.
    #[error("the certificate cannot be used")]
    Tls(#[from] rustls::Error),
}

/// A certificate authority beside the data.
pub struct Authority {
    key: KeyPair,
    certificate: CertificateDer<'static>,
    path: PathBuf,
}

impl Authority {
    /// The authority in `directory`, which is made if it is missing. Only the owner of the directory can read its key.
    ///
    /// # Errors
    /// The files cannot be read or written, or have something else.
    pub fn load_or_create(directory: &Path) -> Result<Self, TlsError> {
        private_file::directory(directory)?;
        let pem = private_file::load_or_create(&directory.join(KEY_FILE), new_authority)?;
        let text = std::str::from_utf8(&pem).map_err(|_| TlsError::Key)?;
        let key = KeyPair::from_pem(text).map_err(|_| TlsError::Key)?;
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| TlsError::Key)?;
        let path = directory.join(CERTIFICATE_FILE);
        let begin = text.find("-----BEGIN CERTIFICATE-----").ok_or(TlsError::Key)?;
        fs::write(&path, &text[begin..])?;
        Ok(Self { key, certificate, path })
    }

    /// The file with the certificate that browsers must trust.
    pub fn certificate_file(&self) -> &Path {
        &self.path
    }

    /// Accepts TLS connections with a new certificate for this machine.
    ///
    /// # Errors
    /// The certificate cannot be made.
    pub fn acceptor(self) -> Result<TlsAcceptor, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
        params.distinguished_name.push(DnType::CommonName, "latchkey-local");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_lifetime(&mut params, SERVER_LIFETIME);
        let certificate = params.signed_by(&key, &Issuer::new(authority_params(), self.key))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone(), self.certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The PEM of a new key and its certificate.
fn new_authority() -> Result<Vec<u8>, TlsError> {
    let key = KeyPair::generate()?;
    let certificate = authority_params().self_signed(&key)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()).into_bytes())
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Latchkey on this machine");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv4Addr::LOCALHOST.into(), 32)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(Ipv6Addr::LOCALHOST.into(), 128)),
        ],
        excluded_subtrees: vec![],
    });
    set_lifetime(&mut params, AUTHORITY_LIFETIME);
    params
}

/// Begins a day early, because clocks differ.
fn set_lifetime(params: &mut CertificateParams, lifetime: Duration) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + lifetime).into();
}

/// Removes `Strict-Transport-Security`, because a browser would then refuse http on `localhost` to all programs of this machine.
pub fn without_hsts(router: Router) -> Router {
    router.layer(middleware::map_response(|mut response: Response| {
        response.headers_mut().remove(STRICT_TRANSPORT_SECURITY);
        std::future::ready(response)
    }))
}

#[cfg(test)]
mod tests;
