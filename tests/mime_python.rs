//! Python's `email` as a second opinion on what our builder writes.
#![cfg(all(feature = "mime", feature = "std"))]

#[path = "support/mail_corpora.rs"]
#[allow(dead_code, reason = "the corpora are for others")]
mod corpora;

use plainwire::mime::{Attachment, Builder, DateTime, Form};

#[test]
fn python_reads_what_we_build() {
    let folder = tempfile::tempdir().unwrap();
    let date = DateTime::parse(b"Fri, 21 Nov 1997 09:55:06 -0600").unwrap();
    let text =
        "Grüße aus Köln,\nein \u{1f600} und eine lange Zeile ".to_owned() + &"x".repeat(1200) + "\n.\nFrom here\n";
    let octets: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let names = [
        "plain.bin",
        "Größe & \"mehr\" für Jörg, 100 %.pdf",
        "ein sehr langer Name, der niemals auf eine Zeile passt, weil er so lang ist wie er ist.txt",
        "漢字.png",
    ];
    let mut files = Vec::new();
    for form in [Form::SevenBit, Form::EightBit] {
        for (i, name) in names.iter().enumerate() {
            let mut draft = Builder::new()
                .from(("Jörg \"J.\" Ö, Müller", "joerg@example.org"))
                .to("Ann <ann@example.org>")
                .subject("Ein Betreff mit Umlauten äöü, der länger ist als eine Zeile und dann noch weiter geht")
                .form(form)
                .text(text.clone())
                .html("<p>Grüße</p>\n")
                .attach(Attachment::new(*name, octets.clone()).with_type("application/octet-stream"))
                .fill(date, i as u64)
                .build()
                .unwrap();
            let path = folder.path().join(format!("{form:?}-{i}.eml"));
            std::fs::write(&path, draft.to_vec().unwrap()).unwrap();
            files.push(path);
        }
    }
    let Some(theirs) = corpora::python(&files) else { return };
    assert_eq!(theirs.len(), files.len());
    for (i, theirs) in theirs.iter().enumerate() {
        let part = |at: usize| corpora::octets_of(&theirs["parts"][at][1]);
        let lines = |octets: Vec<u8>| String::from_utf8(octets).unwrap().replace("\r\n", "\n");
        assert_eq!(lines(part(0)), text);
        assert_eq!(lines(part(1)), "<p>Grüße</p>\n");
        assert_eq!(part(2), octets);
        assert_eq!(theirs["parts"][2][2], names[i % names.len()]);
        assert_eq!(
            theirs["subject"],
            "Ein Betreff mit Umlauten äöü, der länger ist als eine Zeile und dann noch weiter geht"
        );
        assert_eq!(theirs["from"], serde_json::json!(["joerg@example.org"]));
        assert_eq!(theirs["date"], 880_127_706.0);
    }
}
