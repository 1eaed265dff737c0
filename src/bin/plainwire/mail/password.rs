//! Where passwords come from: a file, an environment variable, or a prompt; never the command line, which everyone on
//! the machine can read.

use crate::failure::Failure;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Source {
    /// The file whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The environment variable that holds the password
    #[arg(long, value_name = "NAME", conflicts_with = "password_file")]
    password_env: Option<String>,
}

impl Source {
    /// The password; where nothing names it, it is asked for at the terminal. A source that has none ends with `code`.
    pub(crate) fn read(&self, prompt: &str, code: u8) -> Result<String, Failure> {
        if let Some(password) = self.given(code)? {
            return Ok(password);
        }
        if !io::stdin().is_terminal() {
            let why = "no password: name one by --password-file or --password-env, or run this at a terminal";
            return Err(Failure::new(code, why));
        }
        rpassword::prompt_password(prompt).map_err(|error| Failure::new(code, error))
    }

    /// The password, where a source is named. One that has none ends with `code`.
    pub(crate) fn given(&self, code: u8) -> Result<Option<String>, Failure> {
        if let Some(path) = &self.password_file {
            let text = std::fs::read_to_string(path).map_err(|error| Failure::at(code, path, error))?;
            let line = text.lines().next().unwrap_or_default();
            if line.is_empty() {
                return Err(Failure::new(code, format!("{} has no password in its first line", path.display())));
            }
            return Ok(Some(line.to_string()));
        }
        match &self.password_env {
            None => Ok(None),
            Some(name) => match std::env::var(name) {
                Ok(password) if !password.is_empty() => Ok(Some(password)),
                _ => Err(Failure::new(code, format!("the environment variable {name} holds no password"))),
            },
        }
    }
}
