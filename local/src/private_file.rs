//! Files and directories for data and secrets that only their owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Creates the directory `path` and its parents, unless it exists.
///
/// # Errors
/// The directory cannot be created.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Returns the content of `path`. If there is no such file, creates it with the content that `make` returns.
///
/// *Atomicity*: a crash leaves either no file or the whole file.
///
/// # Errors
/// The file cannot be read or written, or `make` fails.
pub(crate) fn load_or_create<E: From<io::Error>>(
    path: &Path,
    make: impl FnOnce() -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, E> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = make()?;
            create(path, &secret)?;
            Ok(secret)
        }
        read => Ok(read?),
    }
}

fn create(path: &Path, secret: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = owner_only(&draft)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

fn owner_only(path: &Path) -> io::Result<File> {
    // The mode applies only to a new file, so a left-over draft is removed first.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_created_once_and_only_its_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let first = load_or_create::<io::Error>(&path, || Ok(b"one".to_vec())).unwrap();
        let again = load_or_create::<io::Error>(&path, || Ok(b"two".to_vec())).unwrap();
        assert_eq!((first.as_slice(), again.as_slice()), (&b"one"[..], &b"one"[..]));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
