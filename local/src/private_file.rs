//! Where the data and the secrets beside it are kept: readable by their owner only.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes `directory` and what leads to it, unless it is there.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// What `path` holds, or what `make` returns, which is then stored there.
///
/// A crash in between leaves either nothing or the whole file.
///
/// # Errors
/// When the file cannot be read or written, or `make` fails.
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
    // The mode counts only for a new file, so a left-over draft must go first.
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
    fn a_secret_is_made_once_and_is_its_owners_only() {
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
