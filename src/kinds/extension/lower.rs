//! From `extensions = […]` of the datasource to extensions.

use super::Extension;
use crate::{
    kinds::lower::Lowering,
    schema::{Object, ObjectId},
};

/// Lowers the extensions that the datasource names.
pub(crate) fn lower(lowering: &mut Lowering<'_>) {
    let Some(datasource) = &lowering.model.datasource else { return };
    for found in &datasource.extensions {
        let mut object = Object::new(ObjectId::new("extension", [found.name.as_str()]));
        object.write(&Extension {
            schema: found.namespace.clone(),
            version: found.version.clone(),
            relocatable: false,
        });
        // Where PostgreSQL puts it, and what it is installed as, is for the server to say.
        if found.namespace.is_none() {
            object.open.insert("schema".to_owned());
        }
        if found.version.is_none() {
            object.open.insert("version".to_owned());
        }
        lowering.push(object, found.span);
    }
}
