//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use latchkey_local::server::Storage;

/// Run Latchkey on this machine: the API under /api/auth, dev controls under /dev, on an embedded DynamoDB.
///
/// Every caller can sign in as any user, so the server listens on 127.0.0.1 only.
#[derive(Debug, Parser)]
#[command(name = "latchkey-local", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 9000)]
    pub(crate) port: u16,

    /// The host to listen on. Only 127.0.0.1 is allowed, which is the default.
    #[arg(long, hide = true, value_parser = loopback)]
    host: Option<()>,

    /// Keep tables and keys in memory.
    #[arg(long, conflicts_with_all = ["data", "dynamodb"])]
    memory: bool,

    /// Keep tables and keys in this directory.
    #[arg(long, value_name = "DIR", default_value = ".latchkey")]
    pub(crate) data: PathBuf,

    /// Serve https with a certificate authority of its own, which is kept in the directory of --data, also with --memory
    /// and --dynamodb.
    #[arg(long)]
    pub(crate) tls: bool,

    /// Serve the demo page from this directory.
    #[arg(long, value_name = "DIR", default_value = "client/demo/dist")]
    pub(crate) pages: PathBuf,

    /// Use the DynamoDB at this URL instead of the embedded one.
    #[arg(long, value_name = "URL", conflicts_with = "data", value_parser = endpoint)]
    dynamodb: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Record and delete expired sessions once, and print the report. Put --data or --dynamodb before this
    /// command.
    Cleanup {
        /// Count the expired sessions and write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Check settings, keys, tables and clock, and print one line for each check with the action that helps.
    /// Settings come from the environment, as for a function.
    Doctor {
        /// The URL of the DynamoDB to check, instead of the one of AWS in AWS_REGION.
        #[arg(long, value_name = "URL", value_parser = endpoint)]
        endpoint: Option<String>,
    },
    /// Print a new key set for LATCHKEY_KEYS. It contains private keys.
    Keygen,
    /// Print the Secrets Manager secret of a deployment: a key set, split into the parts that each function needs.
    Secret {
        /// The file with the key set that keygen printed.
        #[arg(value_name = "FILE")]
        keys: PathBuf,
    },
    /// Manage the tables of a DynamoDB.
    Table {
        #[command(subcommand)]
        command: Table,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Table {
    /// Create the tables that do not exist yet, with the names in TABLE_SESSIONS, TABLE_RATE_LIMITS and
    /// TABLE_SECURITY_EVENTS.
    Create {
        /// The URL of the DynamoDB.
        #[arg(long, value_name = "URL", value_parser = endpoint)]
        endpoint: String,
    },
}

impl Cli {
    pub(crate) fn storage(&self) -> Storage {
        match &self.dynamodb {
            Some(url) => Storage::Endpoint(url.clone()),
            None if self.memory => Storage::Memory,
            None => Storage::Directory(self.data.clone()),
        }
    }
}

/// Refuses every other host. The option exists so that the error can give the reason.
fn loopback(host: &str) -> Result<(), &'static str> {
    match host {
        "127.0.0.1" | "localhost" => Ok(()),
        _ => Err("every caller can sign in as any user, so this server listens on 127.0.0.1 only; \
                  deploy the functions to serve other machines"),
    }
}

fn endpoint(url: &str) -> Result<String, &'static str> {
    match url.starts_with("http://") || url.starts_with("https://") {
        true => Ok(url.to_owned()),
        false => Err("expected an http or https URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, String> {
        let words = std::iter::once("latchkey-local").chain(line.split_whitespace());
        Cli::try_parse_from(words).map_err(|error| error.to_string())
    }

    #[test]
    fn the_data_directory_is_the_default_storage() {
        assert_eq!(parse("").unwrap().storage(), Storage::Directory(".latchkey".into()));
        assert_eq!(parse("--memory").unwrap().storage(), Storage::Memory);
        let remote = parse("--dynamodb http://127.0.0.1:8000").unwrap();
        assert_eq!(remote.storage(), Storage::Endpoint("http://127.0.0.1:8000".into()));
        assert!(parse("--memory --data x").is_err());
        let tls = parse("--memory --tls").unwrap();
        assert_eq!((tls.tls, tls.data.as_path()), (true, std::path::Path::new(".latchkey")));
    }

    #[test]
    fn every_other_host_is_refused_with_the_reason() {
        for host in ["0.0.0.0", "::", "192.168.1.2", "example.com", ""] {
            let error = parse(&format!("--host={host}")).unwrap_err();
            assert!(error.contains("127.0.0.1 only") || host.is_empty(), "{error}");
        }
        assert!(parse("--host 127.0.0.1").is_ok());
    }

    #[test]
    fn commands_take_only_http_and_https_endpoints() {
        assert!(parse("table create --endpoint http://127.0.0.1:8000").is_ok());
        assert!(parse("table create --endpoint 127.0.0.1:8000").is_err());
        assert!(parse("keygen").is_ok());
        assert!(parse("doctor").is_ok());
        assert!(parse("secret keys.json").is_ok());
        assert!(parse("doctor --endpoint 127.0.0.1:8000").is_err());
        let cleanup = parse("--dynamodb http://127.0.0.1:8000 cleanup --dry-run").unwrap();
        assert!(matches!(cleanup.command, Some(Command::Cleanup { dry_run: true })));
        assert_eq!(cleanup.storage(), Storage::Endpoint("http://127.0.0.1:8000".into()));
    }
}
