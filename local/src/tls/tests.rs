use std::os::unix::fs::PermissionsExt;

use axum::routing::get;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use super::*;
use crate::server::serve;

/// A client that trusts the certificate in the file.
fn connector(file: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// The response to `GET /` of a server with the acceptor, as `name`.
async fn fetch(acceptor: TlsAcceptor, client: &TlsConnector, name: &'static str) -> io::Result<String> {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = tcp.local_addr()?;
    let routes =
        Router::new().route("/", get(|| async { ([(STRICT_TRANSPORT_SECURITY, "max-age=1")], "hello") }));
    let listener = TlsListener::new(tcp, acceptor)?;
    let serving = tokio::spawn(serve(listener, without_hsts(routes), std::future::pending()));
    // A client that never begins its handshake.
    let _idle = TcpStream::connect(address).await?;
    let mut stream =
        client.connect(ServerName::try_from(name).unwrap(), TcpStream::connect(address).await?).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    serving.abort();
    Ok(text)
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_gets_an_answer_without_hsts() {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let authority = Authority::load_or_create(folder.path()).unwrap();
        let client = connector(authority.certificate_file());
        let text = fetch(authority.acceptor().unwrap(), &client, name).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("hello"), "{name}: {text}");
        assert!(!text.contains("strict-transport-security"), "{text}");
    }
}

#[tokio::test]
async fn a_client_that_trusts_another_authority_refuses_the_certificate() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let authority = Authority::load_or_create(one.path()).unwrap();
    let client = connector(Authority::load_or_create(other.path()).unwrap().certificate_file());
    assert!(fetch(authority.acceptor().unwrap(), &client, "localhost").await.is_err());
}

#[test]
fn the_authority_signs_for_no_other_host() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::load_or_create(folder.path()).unwrap();
    let accepts = |name: &'static str| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let issuer = Issuer::from_params(&AUTHORITY, &authority.key);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.certificate.clone()).unwrap();
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(
            Arc::new(roots),
            Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
        );
        let name = ServerName::try_from(name).unwrap();
        let now = rustls::pki_types::UnixTime::now();
        let verified = verifier.build().unwrap().verify_server_cert(certificate.der(), &[], &name, &[], now);
        verified.is_ok()
    };
    static AUTHORITY: std::sync::LazyLock<CertificateParams> = std::sync::LazyLock::new(authority_params);
    assert!(accepts("app.localhost") && accepts("127.0.0.1"));
    assert!(!accepts("accounts.example.com") && !accepts("127.0.0.2"));
}

#[test]
fn a_restart_keeps_the_authority_and_only_its_owner_reads_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let first = Authority::load_or_create(folder.path()).unwrap();
    let public = fs::read_to_string(first.certificate_file()).unwrap();
    assert!(!public.contains("PRIVATE"), "the certificate is for others");
    let again = Authority::load_or_create(folder.path()).unwrap();
    assert_eq!(first.certificate, again.certificate);
    let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(folder.path().join(KEY_FILE), "something else").unwrap();
    assert!(matches!(Authority::load_or_create(folder.path()), Err(TlsError::Key)));
}
