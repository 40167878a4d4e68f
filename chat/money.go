package chat

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrBadMoney says that an amount or a currency cannot be read.
var ErrBadMoney = errors.New("not an amount of money")

// Money is an amount in minor units of an ISO 4217 currency; never a float. Amounts compare within one currency only.
type Money struct {
	Minor    int64
	Currency string
}

// maxMinor keeps sums and JSON readers safe: 2^53.
const maxMinor = 1 << 53

// active lists ISO 4217's circulating currencies; decimals holds those that do not have two.
const active = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY " +
	"COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR " +
	"IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR " +
	"MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD " +
	"SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG " +
	"XOF XPF YER ZAR ZMW ZWG "

var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// Decimals is how many decimals amounts of a currency have; false for an unknown currency.
func Decimals(currency string) (int, bool) {
	if len(currency) != 3 || !strings.Contains(active, " "+currency+" ") {
		return 0, false
	}
	if d, odd := decimals[currency]; odd {
		return d, true
	}
	return 2, true
}

// ParseMoney reads a plain decimal such as "12.50" or "0". More decimals than the currency has, signs, exponents and
// group separators are refused.
func ParseMoney(amount, currency string) (Money, error) {
	places, known := Decimals(currency)
	if !known {
		return Money{}, fmt.Errorf("currency: %w", ErrBadMoney)
	}
	whole, part, dotted := strings.Cut(amount, ".")
	if whole == "" || len(whole) > 16 || (dotted && (part == "" || len(part) > places)) || strings.Trim(whole+part, "0123456789") != "" {
		return Money{}, fmt.Errorf("amount: %w", ErrBadMoney)
	}
	part += strings.Repeat("0", places-len(part))
	minor, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || minor > maxMinor {
		return Money{}, fmt.Errorf("amount: %w", ErrBadMoney)
	}
	return Money{Minor: minor, Currency: currency}, nil
}

// Amount is the decimal text: "12.50", "12" when there is no part, "0" when free.
func (m Money) Amount() string {
	places, _ := Decimals(m.Currency)
	s := strconv.FormatInt(m.Minor, 10)
	if places == 0 {
		return s
	}
	if len(s) <= places {
		s = strings.Repeat("0", places+1-len(s)) + s
	}
	whole, part := s[:len(s)-places], s[len(s)-places:]
	if strings.Trim(part, "0") == "" {
		return whole
	}
	return whole + "." + part
}

func (m Money) valid() bool {
	_, known := Decimals(m.Currency)
	return known && m.Minor >= 0 && m.Minor <= maxMinor
}
