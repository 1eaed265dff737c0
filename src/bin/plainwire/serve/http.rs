//! `plainwire serve http`: a folder, or with `--echo` the answers that client authors test against.

use super::{bind, echo, start};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::Service;
use plainwire::net::http::serve::{Files, Serve};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the folder can't be read"
    2 "the command line is wrong"
})]
pub(super) struct Args {
    /// The folder whose files are served
    #[arg(value_name = "DIR", default_value = ".", conflicts_with = "echo")]
    folder: PathBuf,
    /// Serve answers to test clients against, and no files
    #[arg(long)]
    echo: bool,
    /// The port to listen at; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8000)]
    port: u16,
    /// The address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: std::net::IpAddr,
    /// Serve all connections on one thread, instead of each on its own
    #[arg(long)]
    reactor: bool,
    /// Serve https with this certificate chain and key, both in PEM files
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Follow symbolic links that lead out of the folder
    #[arg(long)]
    follow_links: bool,
    /// Write no access log
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    if !args.echo && !args.folder.is_dir() {
        return Err(Failure::new(1, format!("{} is not a folder", args.folder.display())));
    }
    if args.echo {
        serve(args, Serve::new(echo::app))
    } else {
        serve(args, Serve::new(Files::below(&args.folder).follow_links(args.follow_links)))
    }
}

fn serve<A: plainwire::net::http::serve::App>(args: &Args, service: Serve<A>) -> Outcome
where
    Serve<A>: Service,
{
    let service = if args.quiet {
        service
    } else {
        service.log(|entry| {
            // A log that nobody reads any more is no reason to end.
            let _unread = writeln!(io::stderr().lock(), "{entry}");
        })
    };
    let address = std::net::SocketAddr::new(args.bind, args.port).to_string();
    let port = bind(&address, service, args.tls.as_deref())?;
    let running = start(vec![port], args.reactor)?;
    let scheme = if args.tls.is_some() { "https" } else { "http" };
    let mut out = io::stdout().lock();
    for address in running.addresses() {
        writeln!(out, "listening on {scheme}://{address}/")?;
    }
    out.flush()?;
    drop(out);
    running.wait();
    Ok(ExitCode::SUCCESS)
}
