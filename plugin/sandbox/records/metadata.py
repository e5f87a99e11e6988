from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MetadataItem:
    key: str
    value: str


@dataclass(slots=True, kw_only=True, eq=False)
class WithMetadata:
    """An object that carries Saleor's two metadata dictionaries."""

    public_meta: dict[str, str] = field(default_factory=dict)
    private_meta: dict[str, str] = field(default_factory=dict)

    @property
    def metadata(self) -> list[MetadataItem]:
        return [MetadataItem(*item) for item in self.public_meta.items()]

    @property
    def private_metadata(self) -> list[MetadataItem]:
        return [MetadataItem(*item) for item in self.private_meta.items()]
