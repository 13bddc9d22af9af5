//! Does `--tls` announce its address only when it can serve https?

use super::process::run;

#[tokio::test]
async fn a_broken_certificate_authority_stops_the_start_before_the_address() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("ca-key.pem"), "no key").expect("it can be written");
    let data = folder.path().to_str().expect("temporary paths are text");
    let output = run(&["--tls", "--port", "0", "--data", data]).await;
    let (printed, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success() && error.contains("ca-key.pem"), "{error}");
    assert_eq!(printed, "", "a program that waits for the address would use it");
}
