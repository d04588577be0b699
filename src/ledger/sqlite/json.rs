//! Values as the JSON text of a column.

pub(super) fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts, times and lists of them are always JSON")
}
