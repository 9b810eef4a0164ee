//! Resolution and validation of model text: names, types, relations.
