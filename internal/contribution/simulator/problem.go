package simulator

import "fmt"

// The types of Stripe's errors.
const (
	typeInvalid     = "invalid_request_error"
	typeCard        = "card_error"
	typeAPI         = "api_error"
	typeIdempotency = "idempotency_error"
)

// problem is an error as Stripe words and shapes it.
type problem struct {
	Status  int
	Type    string
	Code    string
	Decline string
	Param   string
	Message string
}

// Error returns the message, which never holds what a donor typed.
func (e *problem) Error() string { return fmt.Sprintf("%s (%s): %s", e.Type, e.Code, e.Message) }

// doc is the problem as the API answers it.
func (e *problem) doc() doc {
	d := doc{"type": e.Type, "message": e.Message}
	for key, value := range map[string]string{"code": e.Code, "decline_code": e.Decline, "param": e.Param} {
		if value != "" {
			d[key] = value
		}
	}
	return doc{"error": d}
}

func invalid(param, message string) *problem {
	return &problem{Status: 400, Type: typeInvalid, Param: param, Message: message}
}

func missing(kind, id string) *problem {
	return &problem{Status: 404, Type: typeInvalid, Code: "resource_missing", Param: "id", Message: fmt.Sprintf("No such %s: '%s'", kind, clean(id))}
}

// about names the parameter by which a missing object was asked for.
func about(param string, err error) error {
	if p, ok := err.(*problem); ok && p.Code == "resource_missing" { //nolint:errorlint // made by missing and not wrapped on the way
		p.Param = param
	}
	return err
}
