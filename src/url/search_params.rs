//! The pairs of a URL's query (URL Standard 6.2), read and written through.

use super::Url;
use super::error::SetError;
use crate::query::{self, Pairs, Params, Serializer};
use alloc::string::String;

impl Url {
    /// The pairs of the query, borrowing what needs no decoding.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let url = Url::parse("https://example.org/?q=a+b&page=2&q=%C3%A9").unwrap();
    /// let params = url.search_params();
    /// assert_eq!(params.get("q"), Some("a b"));
    /// assert_eq!(params.get_all("q").collect::<Vec<_>>(), ["a b", "é"]);
    /// ```
    pub fn search_params(&self) -> Params<'_> {
        self.query_pairs().collect()
    }

    /// The pairs of the query one by one, for who wants no list of them.
    pub fn query_pairs(&self) -> Pairs<'_> {
        query::parse(self.query().unwrap_or(""))
    }

    /// The pairs of the query, to be changed. The URL's query is written anew when the guard goes out of scope, once
    /// for any number of changes; without a change it stays letter for letter as it is.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let mut url = Url::parse("https://example.org/?a=1&b=~").unwrap();
    /// url.search_params_mut().set("a", "x y");
    /// assert_eq!(url.as_str(), "https://example.org/?a=x+y&b=%7E");
    /// url.search_params_mut().delete("a").delete("b");
    /// assert_eq!(url.as_str(), "https://example.org/");
    /// ```
    pub fn search_params_mut(&mut self) -> SearchParamsMut<'_> {
        let params = self.search_params().into_owned();
        SearchParamsMut { url: self, params, changed: false }
    }
}

/// The pairs of a URL's query, written through to it; see [`Url::search_params_mut`].
///
/// A guard that is [forgotten](core::mem::forget) writes nothing.
#[derive(Debug)]
pub struct SearchParamsMut<'u> {
    url: &'u mut Url,
    params: Params<'static>,
    changed: bool,
}

impl SearchParamsMut<'_> {
    /// See [`Params::append`].
    pub fn append(&mut self, name: &str, value: &str) -> &mut Self {
        self.change(|params| params.append(String::from(name), String::from(value)))
    }

    /// See [`Params::delete`].
    pub fn delete(&mut self, name: &str) -> &mut Self {
        self.change(|params| {
            params.delete(name);
        })
    }

    /// See [`Params::delete_pair`].
    pub fn delete_pair(&mut self, name: &str, value: &str) -> &mut Self {
        self.change(|params| {
            params.delete_pair(name, value);
        })
    }

    /// See [`Params::set`].
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.change(|params| params.set(String::from(name), String::from(value)))
    }

    /// See [`Params::sort`]. Even a sorted query is written anew.
    pub fn sort(&mut self) -> &mut Self {
        self.change(Params::sort)
    }

    /// Takes all pairs away.
    pub fn clear(&mut self) -> &mut Self {
        self.change(Params::clear)
    }

    /// The pairs as they are now.
    pub const fn params(&self) -> &Params<'static> {
        &self.params
    }

    /// Writes the query now and tells whether the URL became [too long](SetError::TooLong), in which case it is as it
    /// was. Going out of scope does the same and tells nothing.
    pub fn finish(mut self) -> Result<(), SetError> {
        self.update()
    }

    fn change(&mut self, change: impl FnOnce(&mut Params<'static>)) -> &mut Self {
        change(&mut self.params);
        self.changed = true;
        self
    }

    /// The standard's "update": without pairs there is no query.
    fn update(&mut self) -> Result<(), SetError> {
        if !core::mem::take(&mut self.changed) {
            return Ok(());
        }
        let mut out = Serializer::onto(String::from("?"));
        out.extend(self.params.iter());
        let text = out.finish();
        self.url.write_query(Some(&*text).filter(|text| text.len() > 1))
    }
}

impl Drop for SearchParamsMut<'_> {
    fn drop(&mut self) {
        // A query of more than 4 GiB is dropped; `finish` tells.
        let _too_long = self.update();
    }
}
