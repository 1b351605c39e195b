// A name of browsers that the types of the SDK use and those of Node lack.
type HeadersInit = NonNullable<RequestInit["headers"]>;
