//! `plainwire serve http`: a folder, or with `--echo` the answers that client authors test against.

use super::echo;
use super::listen::{Listen, acceptor, log};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::net::Service;
use plainwire::net::http::serve::{Files, Serve};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen, or the folder can't be read"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// The folder whose files are served
    #[arg(value_name = "DIR", default_value = ".", conflicts_with = "echo")]
    folder: PathBuf,
    /// Serve answers to test clients against, and no files
    ///
    /// `/`: a greeting. `/echo`: the request's fields. `/cookie`: its cookies; a query `?name=value` sets some.
    /// `/status/N`: that status. `/delay/N`: a greeting after N seconds. `/bytes/N`: N octets. `/redirect/N`: N
    /// redirects. `/gzip`, `/chunked`: a text, coded or in chunks. `POST` and `PUT` anywhere give their body back.
    #[arg(long)]
    echo: bool,
    /// The port to listen at; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8000)]
    port: u16,
    /// Serve https with this certificate chain and key, both in PEM files
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Follow symbolic links that lead out of the folder
    #[arg(long)]
    follow_links: bool,
    #[command(flatten)]
    listen: Listen,
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
    let service = if args.listen.quiet { service } else { service.log(|entry| log(entry)) };
    let port = args.listen.at(args.port, service)?;
    let (port, scheme) = match &args.tls {
        None => (port, "http"),
        Some(files) => (port.tls(acceptor(files)?), "https"),
    };
    args.listen.serve(vec![port], &[scheme])
}
