"""The shape of an SPDX 2.3 JSON document, as a JSON schema.

Written after the specification (https://spdx.github.io/spdx-spec/v2.3/), whose own schema no
package that we depend on ships; a test holds that the two agree.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_CHECKSUMS = (
    "ADLER32 BLAKE2b-256 BLAKE2b-384 BLAKE2b-512 BLAKE3 MD2 MD4 MD5 MD6 SHA1 SHA224 SHA256 SHA384"
    " SHA512 SHA3-256 SHA3-384 SHA3-512"
)
_PURPOSES = (
    "APPLICATION FRAMEWORK LIBRARY CONTAINER OPERATING_SYSTEM DEVICE FIRMWARE SOURCE ARCHIVE FILE"
    " INSTALL OTHER"
)
_FILES = "SOURCE BINARY ARCHIVE APPLICATION AUDIO IMAGE TEXT VIDEO DOCUMENTATION SPDX OTHER"
_CATEGORIES = "SECURITY PACKAGE-MANAGER PACKAGE_MANAGER PERSISTENT-ID PERSISTENT_ID OTHER"
_RELATIONSHIPS = (
    "DESCRIBES DESCRIBED_BY CONTAINS CONTAINED_BY DEPENDS_ON DEPENDENCY_OF DEPENDENCY_MANIFEST_OF"
    " BUILD_DEPENDENCY_OF DEV_DEPENDENCY_OF OPTIONAL_DEPENDENCY_OF PROVIDED_DEPENDENCY_OF"
    " TEST_DEPENDENCY_OF RUNTIME_DEPENDENCY_OF EXAMPLE_OF GENERATES GENERATED_FROM ANCESTOR_OF"
    " DESCENDANT_OF VARIANT_OF DISTRIBUTION_ARTIFACT PATCH_FOR PATCH_APPLIED COPY_OF FILE_ADDED"
    " FILE_DELETED FILE_MODIFIED EXPANDED_FROM_ARCHIVE DYNAMIC_LINK STATIC_LINK DATA_FILE_OF"
    " TEST_CASE_OF BUILD_TOOL_OF DEV_TOOL_OF TEST_OF TEST_TOOL_OF DOCUMENTATION_OF"
    " OPTIONAL_COMPONENT_OF METAFILE_OF PACKAGE_OF AMENDS PREREQUISITE_FOR HAS_PREREQUISITE"
    " REQUIREMENT_DESCRIPTION_FOR SPECIFICATION_FOR OTHER"
)
_TEXT: Schema = {"type": "string"}
_TRUTH: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer"}


def spdx_2_3() -> Schema:
    """The schema (draft 7) of a whole document."""
    return {"$schema": "http://json-schema.org/draft-07/schema#"} | _object(
        "SPDXID creationInfo dataLicense name spdxVersion documentNamespace",
        _texts("SPDXID comment dataLicense name spdxVersion documentNamespace"),
        creationInfo=_object(
            "created creators",
            _texts("comment created licenseListVersion"),
            creators=_list(_TEXT, at_least=1),
        ),
        annotations=_list(_annotation()),
        documentDescribes=_list(_TEXT),
        externalDocumentRefs=_list(_document_reference()),
        hasExtractedLicensingInfos=_list(_licence()),
        revieweds=_list(_object("reviewDate", _texts("comment reviewDate reviewer"))),
        packages=_list(_package()),
        files=_list(_file()),
        snippets=_list(_snippet()),
        relationships=_list(_relationship()),
    )


def _package() -> Schema:
    return _object(
        "SPDXID downloadLocation name",
        _texts(
            "SPDXID builtDate comment copyrightText description downloadLocation homepage"
            " licenseComments licenseConcluded licenseDeclared name originator packageFileName"
            " releaseDate sourceInfo summary supplier validUntilDate versionInfo"
        ),
        annotations=_list(_annotation()),
        attributionTexts=_list(_TEXT),
        checksums=_list(_checksum()),
        externalRefs=_list(
            _object(
                "referenceCategory referenceLocator referenceType",
                _texts("comment referenceLocator referenceType"),
                referenceCategory=_choice(_CATEGORIES),
            )
        ),
        filesAnalyzed=_TRUTH,
        hasFiles=_list(_TEXT),
        licenseInfoFromFiles=_list(_TEXT),
        packageVerificationCode=_object(
            "packageVerificationCodeValue",
            _texts("packageVerificationCodeValue"),
            packageVerificationCodeExcludedFiles=_list(_TEXT),
        ),
        primaryPackagePurpose=_choice(_PURPOSES),
    )


def _file() -> Schema:
    return _object(
        "SPDXID checksums fileName",
        _texts("SPDXID comment copyrightText fileName licenseComments licenseConcluded noticeText"),
        annotations=_list(_annotation()),
        artifactOfs=_list({"type": "object"}),
        attributionTexts=_list(_TEXT),
        checksums=_list(_checksum(), at_least=1),
        fileContributors=_list(_TEXT),
        fileDependencies=_list(_TEXT),
        fileTypes=_list(_choice(_FILES)),
        licenseInfoInFiles=_list(_TEXT),
    )


def _snippet() -> Schema:
    pointer = _object("reference", _texts("reference"), offset=_NUMBER, lineNumber=_NUMBER)
    span = _object("endPointer startPointer", {}, endPointer=pointer, startPointer=pointer)
    return _object(
        "SPDXID name ranges snippetFromFile",
        _texts(
            "SPDXID comment copyrightText licenseComments licenseConcluded name snippetFromFile"
        ),
        annotations=_list(_annotation()),
        attributionTexts=_list(_TEXT),
        licenseInfoInSnippets=_list(_TEXT),
        ranges=_list(span, at_least=1),
    )


def _licence() -> Schema:
    page = _object(
        "url",
        _texts("match timestamp url"),
        isLive=_TRUTH,
        isValid=_TRUTH,
        isWayBackLink=_TRUTH,
        order=_NUMBER,
    )
    return _object(
        "extractedText licenseId",
        _texts("comment extractedText licenseId name"),
        crossRefs=_list(page),
        seeAlsos=_list(_TEXT),
    )


def _relationship() -> Schema:
    return _object(
        "spdxElementId relatedSpdxElement relationshipType",
        _texts("comment spdxElementId relatedSpdxElement"),
        relationshipType=_choice(_RELATIONSHIPS),
    )


def _document_reference() -> Schema:
    return _object(
        "checksum externalDocumentId spdxDocument",
        _texts("externalDocumentId spdxDocument"),
        checksum=_checksum(),
    )


def _annotation() -> Schema:
    return _object(
        "annotationDate annotationType annotator comment",
        _texts("annotationDate annotator comment"),
        annotationType=_choice("OTHER REVIEW"),
    )


def _checksum() -> Schema:
    return _object(
        "algorithm checksumValue", _texts("checksumValue"), algorithm=_choice(_CHECKSUMS)
    )


def _object(required: str, texts: Schema, **members: Schema) -> Schema:
    return {
        "type": "object",
        "properties": texts | members,
        "required": required.split(),
        "additionalProperties": False,
    }


def _texts(names: str) -> Schema:
    return dict.fromkeys(names.split(), _TEXT)


def _choice(values: str) -> Schema:
    return {"type": "string", "enum": values.split()}


def _list(items: Schema, *, at_least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": at_least}
