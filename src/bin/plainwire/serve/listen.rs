//! What the servers share: where they listen, whom they let in, and how they run.

use crate::failure::{Failure, Outcome};
use plainwire::net::server::{Options, Port};
use plainwire::net::tls::{Acceptor, AcceptorBuilder};
use plainwire::net::{Service, pool, reactor};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// How long conversations that are under way have to end when the server does.
const GRACE: Duration = Duration::from_secs(5);

/// What every server takes.
#[derive(clap::Args)]
pub(super) struct Listen {
    /// The address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(super) bind: IpAddr,
    /// Serve all connections on one thread, instead of a few that share them
    #[arg(long)]
    pub(super) reactor: bool,
    /// Write no log
    #[arg(long, short)]
    pub(super) quiet: bool,
}

impl Listen {
    /// Listens, or says why not.
    pub(super) fn at(&self, port: u16, service: impl Service) -> Result<Port, Failure> {
        let address = SocketAddr::new(self.bind, port);
        Port::bind(address, service).map_err(|error| Failure::new(1, format!("can't listen on {address}: {error}")))
    }

    /// Serves on ports of these schemes, in the same order, until the first SIGINT or SIGTERM, which ends all gracefully;
    /// the second does at once.
    pub(super) fn serve(&self, ports: Vec<Port>, schemes: &[&str]) -> Outcome {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let start = if self.reactor { reactor::start } else { pool::start };
        let running = start(ports, Options::default())?;
        let stopper = running.stopper();
        thread::Builder::new().name("signals".to_string()).spawn(move || {
            for (_, limit) in signals.forever().zip([GRACE, Duration::ZERO]) {
                stopper.stop(limit);
            }
        })?;
        let mut out = io::stdout().lock();
        for (address, scheme) in running.addresses().iter().zip(schemes) {
            writeln!(out, "listening on {scheme}://{address}/")?;
        }
        out.flush()?;
        drop(out);
        running.wait();
        Ok(ExitCode::SUCCESS)
    }
}

/// A line of a server's log. That nobody reads it any more is no reason to end.
pub(super) fn log(line: impl Display) {
    let _unread = write_line(&mut io::stderr().lock(), line);
}

/// One call of the system, where each part of the line would be one: standard error has no buffer, and other processes
/// may write to the same file.
fn write_line(out: &mut impl Write, line: impl Display) -> io::Result<()> {
    out.write_all(format!("{line}\n").as_bytes())
}

/// What the servers of a mail protocol take besides, where they serve that one alone.
#[derive(clap::Args)]
pub(super) struct Secure {
    /// What the server calls itself
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    pub(super) host: String,
    /// Offer STARTTLS (in POP3, STLS) with this certificate chain and key, both in PEM files; without files, with a
    /// certificate made for this run, which no client can verify
    #[arg(long, num_args = 0..=2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Listen here as well, with TLS from the first octet; 0 takes a free port
    #[arg(long, value_name = "PORT", requires = "tls")]
    tls_port: Option<u16>,
    /// Let passwords be sent in clear without TLS
    #[arg(long, requires = "auth")]
    pub(super) auth_in_clear: bool,
    #[command(flatten)]
    pub(super) listen: Listen,
}

impl Secure {
    /// A value of `--host` that the protocol does not take.
    pub(super) fn no_host(host: &str, why: impl Display) -> Failure {
        Failure::new(2, format!("--host {host}: {why}"))
    }

    /// The server's side of TLS, where it was asked for: with the files that were named, or a certificate of its own.
    pub(super) fn acceptor(&self) -> Result<Option<Acceptor>, Failure> {
        let Some(files) = &self.tls else { return Ok(None) };
        if files.is_empty() { made(self.listen.bind, &self.host) } else { acceptor(files) }.map(Some)
    }

    /// Serves at `port`, and where it was asked for at another with TLS from the start. `service` is given what it offers
    /// within a conversation; the scheme gets an `s` where TLS comes first.
    pub(super) fn serve<S: Service>(
        &self,
        port: u16,
        scheme: &str,
        tls: Option<&Acceptor>,
        service: impl Fn(Option<&Acceptor>) -> S,
    ) -> Outcome {
        let mut ports = vec![self.listen.at(port, service(tls))?];
        if let (Some(port), Some(acceptor)) = (self.tls_port, tls) {
            ports.push(self.listen.at(port, service(None))?.tls(acceptor.clone()));
        }
        self.listen.serve(ports, &[scheme, &format!("{scheme}s")])
    }
}

/// A TLS server's side from a certificate chain and a key, both PEM files.
pub(super) fn acceptor(files: &[PathBuf]) -> Result<Acceptor, Failure> {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| Failure::at(1, path, error));
    let [certificate, key] = files else { return Err(Failure::new(2, "--tls takes a certificate and a key")) };
    identity(&read(certificate)?, &read(key)?)
}

/// A TLS server's side with a certificate made for this run: for `localhost`, and for what else it is reached by.
fn made(bind: IpAddr, host: &str) -> Result<Acceptor, Failure> {
    let mut names = vec!["localhost".to_string(), bind.to_string()];
    if !host.starts_with('[') && host != "localhost" {
        names.push(host.to_string());
    }
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| Failure::new(1, error))?;
    identity(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes())
}

fn identity(certificate: &[u8], key: &[u8]) -> Result<Acceptor, Failure> {
    Acceptor::builder()
        .identity_pem(certificate, key)
        .and_then(AcceptorBuilder::build)
        .map_err(|error| Failure::new(1, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Calls(Vec<Vec<u8>>);

    impl Write for Calls {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.push(octets.to_vec());
            Ok(octets.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_of_the_log_is_written_whole() {
        let mut calls = Calls(Vec::new());
        write_line(&mut calls, format_args!("{} from=<{}>", IpAddr::from([127, 0, 0, 1]), "ada@a.test")).unwrap();
        assert_eq!(calls.0, [b"127.0.0.1 from=<ada@a.test>\n"]);
    }
}
