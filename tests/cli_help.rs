//! What the tool says about itself: help, manual pages and completions, for every subcommand there is.
#![cfg(feature = "cli")]

#[path = "support/cli.rs"]
mod cli;

fn printed(arguments: &[&str]) -> String {
    cli::printed(cli::run(arguments, ""))
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    list.take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

/// Every subcommand that does something, each with the words that lead to it.
fn leaves(path: &[String], found: &mut Vec<Vec<String>>) {
    let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
    words.push("--help");
    let help = printed(&words);
    let below = subcommands(&help);
    if below.is_empty() {
        found.push(path.to_vec());
    }
    for name in below {
        leaves(&[path, &[name.to_owned()]].concat(), found);
    }
}

#[test]
fn every_subcommand_says_how_it_ends_and_has_a_manual_page() {
    let mut found = Vec::new();
    leaves(&[], &mut found);
    assert!(found.len() >= 25, "{found:?}");
    for path in &found {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let help = printed(&[&words[..], &["--help"]].concat());
        let page = printed(&[&["man"], &words[..]].concat());
        assert!(page.starts_with(".ie"), "{path:?}: {page}");
        if !matches!(words[..], ["man" | "completions"]) {
            assert!(help.contains("\nExit codes:\n  0: "), "{path:?}: {help}");
            assert!(page.contains("\nExit codes:\n"), "{path:?}: {page}");
        }
        assert!(!printed(&[&words[..], &["-h"]].concat()).contains("Exit codes"), "{path:?}: the short help is short");
    }
}

#[test]
fn completions_know_every_subcommand() {
    let mut found = Vec::new();
    leaves(&[], &mut found);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for name in found.iter().flatten() {
            assert!(script.contains(name.as_str()), "{shell}: {name}");
        }
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    for arguments in [
        &["completions", "bash"][..],
        &["man", "mail", "send"],
        &["url", "http://example.org/"],
        &["query", "parse", "a=1"],
        &["demo", "--list"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = cli::plainwire().args(arguments).stdout(writer).output().expect("the tool starts");
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}
